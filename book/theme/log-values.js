// Says in plain words what a register or a stack slot holds, as the verifier prints it
// (`print_reg_state`, kernel/bpf/log.c, before 6.8 `print_verifier_state` in verifier.c).
{
    const upper = (text) => text[0].toUpperCase() + text.slice(1);
    const bytes = (count) => `${count} ${Number(count) === 1 ? 'byte' : 'bytes'}`;

    // `map_value(map=runs,ks=4,vs=8)` to `{ kind: 'map_value', fields: [['map', 'runs'], …] }`. A bound that is
    // the same for several views of a number is printed once: `smin=smin32=0`.
    function parse(text) {
        const [, head, inner] = /^([^(]*)(?:\((.*)\))?$/s.exec(text) ?? [text, text];
        const fields = [];
        for (const field of (inner ?? '').match(/var_off=\([^)]*\)|[^,]+/g) ?? []) {
            const names = field.startsWith('var_off=') ? ['var_off', field.slice(8)] : field.split('=');
            const value = names.pop();
            names.forEach((name) => fields.push([name, value]));
        }
        const constant = /^(inv|scalar)?(P?)(-?\d+|0x[0-9a-f]+)$/.exec(head);
        const stack = /^fp(-?\d+)?$/.exec(head);
        if (constant) {
            return { kind: 'scalar', precise: constant[2] === 'P', constant: constant[3], fields };
        }
        if (stack) {
            return { kind: 'fp', offset: stack[1] && Number(stack[1]), fields };
        }
        const number = /^(P?)(?:inv|scalar)(P?)$/.exec(head);
        if (number) {
            return { kind: 'scalar', precise: Boolean(number[1] || number[2]), fields };
        }
        return { kind: head, fields };
    }

    const POINTERS = {
        ctx: 'the context, the argument that the kernel gives to the program',
        map_value: 'a pointer into a value of a map',
        map_ptr: 'a map',
        map_key: 'a pointer to a key of a map',
        pkt: 'a pointer into the packet',
        pkt_meta: 'a pointer to the data that was put before the packet',
        pkt_end: 'the end of the packet: it can be compared, and nothing else',
        mem: 'a pointer to memory of a known size',
        rdonly_mem: 'a pointer to memory that may only be read',
        alloc_mem: 'a pointer to a record of a ring buffer that was reserved',
        ringbuf_mem: 'a pointer to a record of a ring buffer that was reserved',
        buf: 'a pointer to a buffer',
        rdonly_buf: 'a pointer to a buffer that may only be read',
        rdwr_buf: 'a pointer to a buffer',
        sock: 'a pointer to a socket',
        sock_common: 'a pointer to a socket',
        tcp_sock: 'a pointer to a TCP socket',
        xdp_sock: 'a pointer to an XDP socket',
        func: 'the address of a function of the program',
        dynptr_ptr: 'a pointer to a dynptr',
        flow_keys: 'a pointer to the keys of a flow',
        tp_buffer: 'a pointer to the buffer of a tracepoint',
    };

    // What is a kernel object of some type, and how far it is to be trusted: `trusted_ptr_task_struct`.
    const OBJECTS = [
        ['trusted_ptr_', 'a pointer to the kernel’s', 'It is known to be valid'],
        ['rcu_ptr_', 'a pointer to the kernel’s', 'It is valid as long as the RCU lock is held'],
        ['untrusted_ptr_', 'a pointer to the kernel’s', 'It may be stale, so it can be read and not passed on'],
        ['percpu_ptr_', 'a pointer to the per-CPU', ''],
        ['ptr_', 'a pointer to the kernel’s', ''],
    ];

    function kindInWords(kind) {
        const base = kind.replace('_or_null', '');
        if (base === 'inv' || base === 'scalar') {
            return ['a number'];
        }
        if (POINTERS[base]) {
            return [POINTERS[base]];
        }
        const object = OBJECTS.find(([prefix]) => base.startsWith(prefix));
        if (object) {
            const type = base.slice(object[0].length);
            return [`${object[1]} ${type ? `struct ${type}` : 'data'}`, object[2]].filter(Boolean);
        }
        if (/^iter_/.test(base)) {
            return [`an open iterator (${base})`];
        }
        if (/^dynptr/.test(base)) {
            return ['a dynptr'];
        }
        return [`what the verifier calls ${base}`];
    }

    // `(0x0; 0xff)`: bits of the mask are unknown, the others are as in the value.
    function knownBits(text) {
        const found = /^\((0x[0-9a-f]+|\d+); (0x[0-9a-f]+|\d+)\)$/.exec(text);
        if (!found) {
            return 'the bits that are known, and a mask of those that are not';
        }
        const [value, mask] = [BigInt(found[1]), BigInt(found[2])];
        const ones = mask.toString(2).replaceAll('0', '').length;
        const low = mask !== 0n && (mask & (mask + 1n)) === 0n;
        const which = low ? `the lowest ${ones} bits are` : `the ${ones} bits of the mask are`;
        const unknown = ones === 1 ? 'one bit is not known' : `${which} not known`;
        return `${unknown}, all others are ${value === 0n ? 'zero' : `those of ${found[1]}`}`;
    }

    // `umax_value`, `u32_max_value`, `u32_max` and `umax32` are names of several kernels.
    function bound(name) {
        const found = /^([su])(32_)?(min|max)(32)?(_value)?$/.exec(name);
        return found && { view: found[1] + (found[2] || found[4] ? '32' : ''), end: found[3] };
    }

    // One sentence on each field that says something.
    function fieldInWords([name, value], { kind }) {
        const scalar = kind === 'scalar';
        const nullable = kind.includes('_or_null');
        const packet = kind === 'pkt' || kind === 'pkt_meta';
        const zero = value === '0';
        switch (name) {
        case 'map': return `map=${value}: the name of the map.`;
        case 'ks': return `ks=${value}: the map’s keys have ${bytes(value)}.`;
        case 'vs': return `vs=${value}: the map’s values have ${bytes(value)}.`;
        case 'sz': case 'mem_size': return `${name}=${value}: ${bytes(value)} long.`;
        case 'r': return zero ? 'r=0: no byte of the packet is known to be there. A comparison with the end of the packet changes that.'
            : `r=${value}: ${bytes(value)}, counted from off=0, are known to be there.`;
        case 'off': case 'imm': return zero ? '' : `${name}=${value}: ${distance(value, kind)}.`;
        case 'ref_obj_id': case 'ref_id': return `${name}=${value}: the number of a reference that has to be given back.`;
        case 'id':
            if (zero) return '';
            if (nullable) return `id=${value} ties it to other copies of itself: a test for NULL of one counts for all.`;
            if (scalar) return `id=${value}: registers with this id hold the same number, and what is learned of one counts for all.`;
            if (packet) return `id=${value}: what is tested of one pointer with this id counts for all.`;
            if (/^(alloc|ringbuf)_mem$/.test(kind)) return `id=${value}: the number of the record, which has to be given back.`;
            return `id=${value}: the number that ties it to other copies of itself.`;
        case 'var_off': return `var_off=${value}: ${knownBits(value)}.`;
        case 'state': return `state=${value}.`;
        case 'depth': return `depth=${value}: how many rounds of the loop the verifier is in.`;
        default: return bound(name) || !name ? '' : `${name}=${value}.`;
        }
    }

    function distance(value, kind) {
        const away = value.replace('-', '');
        if (kind === 'fp') {
            return `${bytes(away)} ${value.startsWith('-') ? 'below' : 'above'} the top of the stack`;
        }
        const begin = /^pkt/.test(kind) ? 'where the packet begins' : 'its beginning';
        return `${bytes(away)} ${value.startsWith('-') ? 'before' : 'behind'} ${begin}`;
    }

    const VIEWS = {
        u: 'unsigned', s: 'signed', u32: 'the lower 32 bits, unsigned', s32: 'the lower 32 bits, signed',
    };

    // 0xffffffff80000000 as a signed number is -2147483648.
    function signed(view, ends) {
        const bits = view.endsWith('32') ? 32 : 64;
        const read = (text) => (/^0x/.test(text) ? String(BigInt.asIntN(bits, BigInt(text))) : text);
        return view.startsWith('s') ? { min: read(ends.min), max: read(ends.max) } : ends;
    }

    // The bounds together, view by view: `[words, whether that is all there is to say]`.
    function boundsInWords(fields) {
        const views = {};
        for (const [name, value] of fields) {
            const { view, end } = bound(name) ?? {};
            if (view) {
                views[view] = { ...views[view], [end]: value };
            }
        }
        const ranges = Object.keys(VIEWS).filter((view) => views[view]).map((view) => {
            // No unsigned number is below 0, so 0 is not printed.
            const { min = view.startsWith('u') ? '0' : undefined, max } = signed(view, views[view]);
            const range = max === undefined ? `${min} or more` : min === undefined ? `${max} or less` : `${min} to ${max}`;
            return [VIEWS[view], range];
        });
        if (ranges.length === 0) {
            return [undefined, false];
        }
        // Views that are not printed have no other bounds, as long as the sign does not matter.
        const whole = views.u?.max !== undefined && BigInt(views.u.max) < 1n << 63n;
        const same = whole && ranges.every(([, range]) => range === ranges[0][1]);
        return [same ? ranges[0][1] : ranges.map(([view, range]) => `${view}: ${range}`).join('; '), same];
    }

    function valueInWords(text) {
        const value = parse(text);
        if (value.constant !== undefined) {
            return [`the number ${value.constant}`, ...(value.precise ? [PRECISE] : [])];
        }
        let [what, ...more] = kindInWords(value.kind);
        const [bounds, same] = boundsInWords(value.fields);
        if (value.kind === 'scalar') {
            const bits = value.fields.some(([name]) => name === 'var_off');
            what = same ? `a number from ${bounds}`
                : bounds || bits ? 'a number of which something is known' : 'a number of which nothing is known';
        } else if (value.kind === 'fp') {
            what = value.offset === undefined ? 'a pointer to the stack, at an offset that is not constant'
                : value.offset === 0 ? 'the top of the stack, the frame pointer'
                    : `a pointer to the stack, ${distance(String(value.offset), 'fp')}`;
        }
        if (bounds && !(same && value.kind === 'scalar')) {
            more.push(value.kind === 'scalar' ? upper(bounds) : `A number was added to it: ${bounds}`);
        }
        if (value.kind.startsWith('map_value')) {
            const size = value.fields.find(([name]) => name === 'vs')?.[1];
            what = size ? `a pointer into a map’s value of ${bytes(size)}` : what;
        }
        const nullable = value.kind.includes('_or_null') ? ', or NULL, as long as it is not tested' : '';
        const fields = value.fields.map((field) => fieldInWords(field, value)).filter(Boolean);
        return [what + nullable, ...more.map((text) => `${text}.`), ...fields,
            ...(value.precise ? [PRECISE] : [])].filter(Boolean);
    }

    const PRECISE = 'P: the verifier found that something depends on its exact value.';

    const SLOT = {
        '?': 'nothing was stored', m: 'something was stored, and it is not known what', 0: 'zero was stored',
        r: 'a part of a register’s copy', d: 'part of a dynptr', i: 'part of an iterator', f: 'saved interrupt flags',
    };

    // `mmmm????`: a letter for each byte, the one at the highest address first (`slot_type[0]` is byte fp-1).
    function slotInWords(name, value) {
        const top = Number(name.slice(3));
        const place = `The 8 bytes of stack from fp-${top} to fp-${top - 7}`;
        if (/^[?mr0dif]{8}$/.test(value)) {
            const runs = value.match(/(.)\1*/g);
            let from = top - 7;
            const said = runs.map((run) => {
                const to = from + run.length - 1;
                const words = `${run.length === 1 ? `fp-${from}` : `fp-${to} to fp-${from}`}: ${SLOT[run[0]]} (${run})`;
                from = to + 1;
                return words;
            });
            const order = 'One letter a byte, the highest address first. ';
            return [place, said.length === 1 ? `Each letter is a byte: ${SLOT[value[0]]}.` : `${order}${said.join('; ')}.`];
        }
        const part = /^([?m0]{4})(?=.)/.exec(value);
        const [what, ...more] = valueInWords(part ? value.slice(4) : value);
        const kept = /^(iter_|dynptr)/.test(value) ? what : `the copy of a register: ${what}`;
        return [place, `${part ? 'The lower 4 hold' : 'They hold'} ${kept}.`, ...more];
    }

    globalThis.workbook ??= {};
    Object.assign(workbook, { valueInWords, slotInWords });
}
