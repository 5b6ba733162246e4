// Explains the parts of a verifier log. `workbook.logWords(parts, at)` gives `[title, ...sentences]` for one part.
{
    const upper = (text) => text[0].toUpperCase() + text.slice(1);

    // What was last printed of a register before the part, on this way: the log prints it again when it changes.
    function lastState(parts, at, name) {
        return parts.slice(0, at).findLast((part) => part.kind === 'register' && part.name === name);
    }

    const MARKS = {
        w: 'it was written since the verifier last kept a state',
        r: 'it is read later on some way',
        rw: 'it was written, and is read later on some way',
        D: 'its value is not needed any more',
    };

    function place({ when, insn, frame }) {
        const where = when === 'after' ? ` after instruction ${insn}` : when === 'before' ? ` before instruction ${insn}` : '';
        return `${where}${frame ? `, in the function called ${frame} deep` : ''}`;
    }

    function marked({ mark }) {
        return mark ? [`_${mark}: ${MARKS[mark] ?? 'how it was used'}.`] : [];
    }

    const COUNTED = ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth'];

    const WORDS = {
        source: ({ code, file, row }) => [
            file && row ? `Line ${row} of ${file}` : 'A line of your C',
            code ? 'The instructions below were made from it.' : 'The compiler added the instructions below. They belong to no line.'],
        index: ({ insn, visit, listed }) => [
            `Instruction ${insn}`,
            listed ? 'In the list of all instructions, before the walk.'
                : visit > 1 ? `The verifier comes here for the ${COUNTED[visit] ?? `${visit}th`} time. It was here before, with other values or on another way.`
                    : 'The verifier walks it. A jump in the program counts from such numbers.'],
        opcode: ({ opcode }) => workbook.opcodeInWords(opcode),
        code: ({ code, insn }) => [code, ...workbook.codeInWords(code, insn)],
        register: (part) => {
            const [what, ...more] = workbook.valueInWords(part.value);
            return [`${part.name}${place(part)}`, `${upper(what)}.`, ...more, ...marked(part)];
        },
        slot: (part) => {
            const [title, ...more] = workbook.slotInWords(part.name, part.value);
            return [`${title}${place(part)}`, ...more, ...marked(part)];
        },
        depth: ({ frame }) => [`In a function, ${frame} deep`, 'The registers behind it are those of the function that was called. R10 is the top of its own stack.'],
        references: ({ ids }) => [
            ids.length === 1 ? `Reference ${ids[0]} is held` : `References ${ids.join(', ')} are held`,
            'The program was given something that it has to give back before it ends, such as a record of a ring buffer.'],
        callback: () => ['In a callback', 'The verifier walks a function that a helper will call.'],
        target: ({ insn }) => [`Before instruction ${insn}`, 'What follows is what the verifier knows when it comes to this instruction.'],
        compared: ({ which }) => (which === 'cur' ? ['What the verifier knows now', 'It has come to the same instruction again.']
            : ['What it knew before', 'Nothing has changed since, so the loop would never end.']),
        branch: ({ from, to, speculative }) => [
            `A way that was put off: from ${from} to ${to}`,
            `At instruction ${from} there were two ways, and the verifier took the other one first. Now it goes on at ${to}, with what it knew there.`,
            speculative ? 'Speculative: a processor that guesses wrong may run here for a moment, so this way has to be safe too.' : ''],
        safe: ({ insn }) => [
            'Safe: nothing new',
            `At instruction ${insn} the verifier was before, and knew no more than now. What was safe then is safe now, so it does not walk on. This is called pruning.`],
        error: ({ message }, parts, at) => {
            const register = /\bR(\d+)\b/.exec(message)?.[0];
            const held = register && lastState(parts, at, register);
            const [what] = held ? workbook.valueInWords(held.value) : [];
            return ['The verifier refuses the program', workbook.messageInWords(message) ?? 'This is the rule that is broken. labrunner explain and the catalogue say more.',
                held ? `${register} was last shown as ${held.value}: ${what}.` : ''];
        },
        count: ({ name, number }) => workbook.countInWords(name, number),
        time: () => ['How long the verifier took', 'In microseconds. It differs from run to run.'],
        stack: () => ['Bytes of stack', 'How much each function of the program uses, the program itself first; max: the most that is in use at a time.'],
        subprogram: () => ['One function of the program', 'How many instructions were walked in it, alone and with what it calls, and how much stack it uses.'],
        call: ({ text }) => {
            if (text.startsWith('caller')) return ['A function is called', 'Below: what the calling function has at that moment.'];
            if (text.startsWith('callee')) return ['The function that is called', 'Below: what it begins with. Its arguments are R1 to R5.'];
            if (text.startsWith('returning')) return ['The function returns', 'Below: what it had at its end.'];
            return ['Back in the calling function', 'Below: what it goes on with. R0 is the result of the call.'];
        },
        function: ({ text }) => {
            const found = /^func#(\d+) @(\d+)/.exec(text);
            if (found) return [`Function ${found[1]} begins at instruction ${found[2]}`, found[1] === '0' ? 'It is the program itself.' : 'It is called by the program.'];
            return ['A global function', 'It is checked by itself, for all arguments that it may get.'];
        },
        precise: () => [
            'The verifier looks back',
            'A number has become part of an address, or something else depends on its exact value. So the verifier follows it back to where it came from. You may skip these lines.'],
        note: () => ['A remark', 'It is about the arguments of a function, and decides nothing. Every log of this kernel has such lines.'],
        listing: ({ text }) => (text.startsWith('Live regs')
            ? ['A list made before the walk', 'Before each instruction stand the numbers of the registers whose values are still needed.']
            : ['A list made before the walk', 'The verifier looks at the program as a whole first. The walk begins below, where the context is in R1.']),
        live: ({ insn, live }) => {
            const needed = [...live].filter((letter) => letter !== '.').map((digit) => `R${digit}`);
            return [`Before instruction ${insn}`, needed.length === 0 ? 'No register is needed any more.' : `${needed.join(', ')} ${needed.length === 1 ? 'is' : 'are'} still needed. A dot stands for one that is not.`];
        },
        libbpf: () => ['A line of libbpf', 'Not of the kernel: it surrounds the verifier’s log.'],
        failed: ({ category, problem }) => [
            'The kernel’s own account', `From Linux 7 on the verifier explains itself. The kind of rule: ${category}. What happened: ${problem ?? 'see below'}.`],
        section: ({ title }) => ({
            Reason: ['Reason', 'What the verifier could not prove.'],
            At: ['At', 'Where: the function, the file, line and column, then the lines of C and the instructions around it.'],
            'Causal path': ['Causal path', 'How it came to that: the places on this way where the register got its value, and which way each test went.'],
            Suggestion: ['Suggestion', 'What usually helps.'],
        })[title] ?? [title, 'A part of the kernel’s account.'],
        context: ({ of }) => (of === 'Source' ? ['Lines of C', 'The marked one is meant, and a sentence stands below it.']
            : ['Instructions', 'The marked one is meant. Those around it are shown for orientation.']),
        blamed: ({ section }) => [section === 'At' ? 'Here it fails' : 'Here something changes', 'The line or instruction that this place is about.'],
        remark: ({ section }) => [section === 'At' ? 'The error' : 'A step on the way', section === 'At' ? 'What is wrong with the line above.' : 'What the verifier learned at the line above.'],
        place: () => ['A place in the source', 'The function, then file, line and column.'],
    };

    globalThis.workbook ??= {};
    workbook.logWords = (parts, at) => WORDS[parts[at].kind](parts[at], parts, at).filter(Boolean);
}
