// Takes a verifier log apart. Knows nothing of the page; the tests run it in Node.
//
// `workbook.logParts(text)` gives parts in order, whose `text` one after the other is the log, character
// for character. A part with a `kind` can be explained; the others are spaces and words between them.
// Formats of Linux 5.10 to 7.x, as read by runner/verifier-log: `print_verifier_state`, `verbose_linfo`
// (kernel/bpf/log.c, before 6.8 verifier.c), `print_bpf_insn` (disasm.c), diagnostics.c.
{
    const STATE = /^(frame\d+:|(R\d+|fp-\d+)(_[a-zA-Z]+)?=|refs=|(async_)?cb$|(async_)?cb )/;
    const ENTRY = /^(R\d+|fp-\d+)(?:_([a-zA-Z]+))?=(.*)$/;
    const LIBBPF = /^(libbpf: |-- (BEGIN|END) PROG LOAD LOG --)/;
    const FRAME = /^(caller:|callee:|returning from callee:|to caller at \d+:)/;
    const FUNCTION = /^(func#\d+ @\d+|Func#|Validating )/;
    const PRECISE = /^(mark_precise: |force_precise: |last_idx |regs=|parent |propagating |falling back to |frame\d+: propagating )/;
    const NOTE = /^(Unrecognized arg#|reg type unsupported for arg#|func '[^']*' arg\d+ has btf_id|arg#\d+ (type is not a struct|reference type))/;
    const LISTING = /^(topo_order\[|subprog#|stack use\/def |Live regs before insn:|SCC e)/;
    const LISTED = /^ +\d+: |^ +\d+ +\d+: /;

    // Cuts one line into parts from left to right.
    class Line {
        constructor(text, number, parts) {
            Object.assign(this, { rest: text, number, parts });
        }

        take(length, kind, facts) {
            if (length > 0) {
                const part = { text: this.rest.slice(0, length), line: this.number };
                this.parts.push(kind ? Object.assign(part, { kind }, facts) : part);
                this.rest = this.rest.slice(length);
            }
        }

        // Takes what the pattern finds, with what stands before it as plain text.
        find(pattern, kind, facts) {
            const found = pattern.exec(this.rest);
            if (found) {
                this.take(found.index);
                this.take(found[0].length, kind, typeof facts === 'function' ? facts(found) : facts);
            }
            return found;
        }

        spaces() {
            this.take(/^\s*/.exec(this.rest)[0].length);
        }

        all(kind, facts) {
            const end = /\s*$/.exec(this.rest).index;
            this.take(end, kind, facts);
            this.take(this.rest.length);
        }
    }

    // Where the first word ends; spaces within parentheses belong to it: `var_off=(0x0; 0xff)`.
    function wordEnd(text) {
        let depth = 0;
        for (let at = 0; at < text.length; at += 1) {
            if (text[at] === '(') {
                depth += 1;
            } else if (text[at] === ')') {
                depth = Math.max(0, depth - 1);
            } else if (/\s/.test(text[at]) && depth === 0) {
                return at;
            }
        }
        return text.length;
    }

    // Registers and stack slots up to the end of the line. `when`: after or before instruction `insn`.
    function state(line, when, insn) {
        let frame = 0;
        for (line.spaces(); line.rest; line.spaces()) {
            const word = line.rest.slice(0, wordEnd(line.rest));
            const entry = ENTRY.exec(word);
            const facts = { frame, when, insn };
            if (entry) {
                const [, name, mark, value] = entry;
                const kind = name.startsWith('R') ? 'register' : 'slot';
                line.take(word.length, kind, { ...facts, name, mark, value });
            } else if (/^frame\d+:$/.test(word)) {
                frame = Number(word.slice(5, -1));
                line.take(word.length, 'depth', { frame });
            } else if (/^refs=/.test(word)) {
                line.take(word.length, 'references', { ids: word.slice(5).split(',') });
            } else if (/^(async_)?cb$/.test(word)) {
                line.take(word.length, 'callback');
            } else {
                line.take(word.length);
            }
        }
    }

    // `7: (79) r1 = *(u64 *)(r0 +0)  ; R0=…`, and behind a jump perhaps the state at its target: ` 14: R0=…`.
    function instruction(line, found, visits) {
        const insn = Number(found[1]);
        const opcode = found[2] === undefined ? undefined : parseInt(found[2], 16);
        visits.set(insn, (visits.get(insn) ?? 0) + 1);
        line.take(found[1].length + 1, 'index', { insn, visit: visits.get(insn) });
        line.take(1);
        if (opcode === undefined) {
            line.all('code', { insn, code: line.rest.trim() });
            return;
        }
        line.take(4, 'opcode', { insn, opcode });
        line.spaces();
        const comment = line.rest.indexOf(';');
        const target = / (\d+): (?=frame\d+:|R\d+[=_]|fp-\d+[=_]|refs=)/.exec(line.rest);
        const jump = target && (comment < 0 || target.index < comment);
        const end = jump ? target.index : comment < 0 ? line.rest.length : comment;
        const code = line.rest.slice(0, end).trimEnd();
        line.take(code.length, 'code', { insn, opcode, code });
        if (jump) {
            line.spaces();
            line.take(target[1].length + 1, 'target', { insn: Number(target[1]) });
            state(line, 'before', Number(target[1]));
        } else if (comment >= 0) {
            line.find(/;/);
            state(line, 'after', insn);
        }
    }

    function source(line) {
        const located = /^;\s*(.*?)\s+@ (\S+):(\d+)\s*$/.exec(line.rest);
        const code = located ? located[1] : line.rest.slice(1).trim();
        line.all('source', { code, file: located?.[2], row: located && Number(located[3]) });
    }

    function counters(line) {
        const word = (name, found) => ({ name, number: Number(found[1]) });
        line.find(/processed (\d+) insns/, 'count', (found) => word('processed', found));
        line.find(/\(limit (\d+)\)/, 'count', (found) => word('limit', found));
        while (line.find(/(?:max_states_per_insn|total_states|peak_states|mark_read) (\d+)/, 'count',
            (found) => word(found[0].split(' ')[0], found)));
        line.all();
    }

    // Lists that are made before the walk: `      2: .12....... (61) r2 = *(u32 *)(r2 +0)`.
    function listed(line) {
        line.spaces();
        if (line.find(/^\d+(?= +\d+: )/)) {
            line.spaces();
        }
        const insn = Number(/^\d+(?=:)/.exec(line.rest)?.[0]);
        line.find(/^\d+:/, 'index', { insn, listed: true });
        line.find(/[.\d]{10,}(?= \()/, 'live', (found) => ({ insn, live: found[0] }));
        const opcode = line.find(/\(([0-9a-f]{2})\)/, 'opcode', (found) => ({ insn, opcode: parseInt(found[1], 16) }));
        line.spaces();
        const code = /^.*?(?=\s*(?:;|\/\/|\t|\n|$))/.exec(line.rest)[0];
        line.take(code.length, opcode && 'code', { insn, code, listed: true });
    }

    // The account that Linux 7 adds. Its lines carry no mark of their own.
    class Report {
        read(line) {
            const text = line.rest.trimEnd();
            const header = /^Verification failed: ([^:]*)(?:: (.*))?$/.exec(text);
            if (header) {
                this.section = 'head';
                line.all('failed', { category: header[1], problem: header[2] });
                return true;
            }
            const title = /^([A-Z][A-Za-z ]*):$/.exec(text);
            if (!this.section || (text && !title && !text.startsWith('  ')) || (!text && this.section === 'Suggestion')) {
                this.section = undefined;
                return false;
            }
            if (title) {
                this.section = title[1];
                line.all('section', { title: title[1] });
            } else if (/^ +>>> +\d+ \| /.test(text)) {
                line.spaces();
                line.find(/^>>> +\d+/, 'blamed', { section: this.section });
                line.take(line.rest.length);
            } else if (/\^-- /.test(text)) {
                line.find(/\^-- /);
                line.all('remark', { section: this.section });
            } else if (/^ +(Source|Instruction) context:$/.test(text)) {
                line.spaces();
                line.all('context', { of: text.trim().split(' ')[0] });
            } else if (/ @ \S+:\d+:\d+$/.test(text)) {
                line.spaces();
                line.all('place', { section: this.section });
            } else {
                line.all();
            }
            return true;
        }
    }

    // Lines that are known by their beginning, and how each is cut.
    function other(line) {
        const text = line.rest;
        const numbered = /^(\d+):(?= |$|\n)/.exec(text);
        const branch = /^from (\d+) to (\d+)( \(speculative execution\))?:/.exec(text);
        if (branch) {
            const [all, from, to] = branch;
            line.take(all.length, 'branch', { from: Number(from), to: Number(to), speculative: Boolean(branch[3]) });
            safeOrState(line, Number(to));
        } else if (numbered && STATE.test(text.slice(numbered[0].length).trim())) {
            line.take(numbered[0].length, 'target', { insn: Number(numbered[1]) });
            state(line, 'before', Number(numbered[1]));
        } else if (numbered && text.slice(numbered[0].length).trim() === 'safe') {
            line.take(numbered[0].length, 'target', { insn: Number(numbered[1]) });
            safeOrState(line, Number(numbered[1]));
        } else if (LISTED.test(text)) {
            listed(line);
        } else if (text.startsWith('processed ')) {
            counters(line);
        } else if (STATE.test(text.trim())) {
            state(line);
        } else if (line.find(/^(cur|old) state:/, 'compared', ([, which]) => ({ which }))) {
            state(line);
        } else {
            const kinds = [[LISTING, 'listing'], [LIBBPF, 'libbpf'], [FRAME, 'call'], [FUNCTION, 'function'],
                [PRECISE, 'precise'], [NOTE, 'note'],
                [/^verification time \d+ usec/, 'time'], [/^stack depth /, 'stack'], [/^subprog \d+ \(/, 'subprogram']];
            const [, kind] = kinds.find(([pattern]) => pattern.test(text)) ?? [];
            line.all(kind ?? (text.trim() && text.trim() !== '…' ? 'words' : undefined));
        }
    }

    function safeOrState(line, insn) {
        line.spaces();
        if (!line.find(/^safe/, 'safe', { insn })) {
            state(line, 'before', insn);
        }
    }

    // Words without a form of their own are the error if they come behind the last instruction and
    // before the counters; between instructions they are remarks.
    function markErrors(parts) {
        const last = parts.findLastIndex((part) => part.kind === 'opcode');
        const counted = parts.findIndex((part, at) => at > last && part.kind === 'count');
        const walk = last >= 0 || counted >= 0;
        parts.forEach((part, at) => {
            if (part.kind === 'words') {
                const error = walk && at > last && (counted < 0 || at < counted);
                Object.assign(part, error ? { kind: 'error', message: part.text } : { kind: undefined });
            }
        });
        return parts;
    }

    globalThis.workbook ??= {};
    workbook.logParts = (text) => {
        const parts = [];
        const visits = new Map();
        const report = new Report();
        text.split(/(?<=\n)/).forEach((raw, number) => {
            const line = new Line(raw, number, parts);
            const found = /^(\d+): (?:\(([0-9a-f]{2})\)|(?=<invalid ))/.exec(raw);
            // An error text may lack a line end of its own.
            const glued = /(?<=.)processed \d+ insns \(limit /.exec(raw);
            if (report.read(line)) {
                // An account of Linux 7.
            } else if (found) {
                instruction(line, found, visits);
            } else if (raw.startsWith(';')) {
                source(line);
            } else if (glued) {
                line.take(glued.index, 'words');
                counters(line);
            } else {
                other(line);
            }
            line.take(line.rest.length);
        });
        return markErrors(parts);
    };
}
