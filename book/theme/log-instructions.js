// Says in plain words what an instruction does: its operation code, and its text in the kernel's notation
// (`print_bpf_insn`, kernel/bpf/disasm.c; the encoding is in Documentation/bpf/standardization).
{
    const CLASSES = ['BPF_LD', 'BPF_LDX', 'BPF_ST', 'BPF_STX', 'BPF_ALU', 'BPF_JMP', 'BPF_JMP32', 'BPF_ALU64'];
    const SIZES = { 0x00: 'BPF_W', 0x08: 'BPF_H', 0x10: 'BPF_B', 0x18: 'BPF_DW' };
    const MODES = {
        0x00: 'BPF_IMM', 0x20: 'BPF_ABS', 0x40: 'BPF_IND', 0x60: 'BPF_MEM', 0x80: 'BPF_MEMSX', 0xc0: 'BPF_ATOMIC',
    };
    const ARITHMETIC = ['ADD', 'SUB', 'MUL', 'DIV', 'OR', 'AND', 'LSH', 'RSH', 'NEG', 'MOD', 'XOR', 'MOV', 'ARSH', 'END'];
    const JUMPS = ['JA', 'JEQ', 'JGT', 'JGE', 'JSET', 'JNE', 'JSGT', 'JSGE', 'CALL', 'EXIT', 'JLT', 'JLE', 'JSLT', 'JSLE', 'JCOND'];
    const ABOUT = [
        'a load of a constant, or from a packet', 'a load from memory', 'a store of a constant', 'a store of a register, or an atomic operation',
        'arithmetic with the lower 32 bits', 'a jump that compares all 64 bits', 'a jump that compares the lower 32 bits', 'arithmetic with all 64 bits',
    ];

    // 0x79 is `BPF_LDX | BPF_MEM | BPF_DW`.
    function opcodeInWords(opcode) {
        const family = opcode & 7;
        const names = [CLASSES[family]];
        let about = opcode === 0x18 ? 'a constant of 64 bits, which takes two places' : ABOUT[family];
        if (family <= 3) {
            names.push(MODES[opcode & 0xe0], SIZES[opcode & 0x18]);
            if (family === 3) {
                about = (opcode & 0xe0) === 0xc0 ? 'an atomic operation on memory' : 'a store of a register';
            }
        } else {
            const jump = family === 5 || family === 6;
            const operation = (jump ? JUMPS : ARITHMETIC)[opcode >> 4];
            names.push(operation && `BPF_${operation}`);
            if (jump && ['CALL', 'EXIT', 'JA'].includes(operation)) {
                about = { CALL: 'a call', EXIT: 'the end', JA: 'a jump' }[operation];
            } else if (operation !== 'NEG') {
                names.push(opcode & 8 ? 'BPF_X' : 'BPF_K');
            }
        }
        const hex = `0x${opcode.toString(16).padStart(2, '0')}`;
        return [`Operation code ${hex}: ${about}`, `In C it is written ${names.filter(Boolean).join(' | ')}.`];
    }

    const bytes = (bits) => (bits === '8' ? '1 byte' : `${bits / 8} bytes`);

    // Small numbers in jumps are printed as 0x40: say 64 as well.
    const operand = (text) => (/^0x[0-9a-f]{1,8}$/.test(text) && Number(text) > 9 ? `${text} (${Number(text)})` : text);

    // `*(u64 *)(r10 -8)`
    const MEMORY = String.raw`\*?\((u|s)(8|16|32|64) \*\)\((r\d+) ([+-]\d+)\)`;
    function memory(base, offset) {
        if (base === 'r10') {
            return `the stack at fp${offset}`;
        }
        const away = /^[+-]0$/.test(offset) ? '' : `, ${offset.slice(1)} ${offset[0] === '-' ? 'before' : 'behind'} it`;
        return `the memory that ${base} points to${away}`;
    }

    const CHANGES = {
        '+': 'add', '-': 'subtract', '*': 'multiply by', '/': 'divide by', 's/': 'divide, as a signed number, by', '%': 'take the remainder by',
        's%': 'take the signed remainder by', '|': 'set the bits of', '&': 'keep only the bits of', '^': 'flip the bits of',
        '<<': 'shift left by', '>>': 'shift right by', 's>>': 'shift right, with the sign, by',
    };

    function change(to, operator, by) {
        if (operator === '^' && to === by) {
            return `Set ${to} to zero.`;
        }
        const verb = CHANGES[operator];
        return verb && `${to}: ${verb} ${operand(by)}.`;
    }

    const BOTH_WAYS = 'The verifier takes both ways, one after the other, unless it knows that only one is possible.';

    // Each form with what it says; `insn` is the instruction's own number.
    const FORMS = [
        [/^exit$/, () => ['Return. R0 is the result.']],
        [/^call pc([+-]\d+)$/, ([, by], insn) => [`Call a function of the program, which begins at instruction ${insn + 1 + Number(by)}.`]],
        [/^call (\w+)(?:#(\d+))?$/, ([, name, number]) => [
            `Call ${name}${Number(number) < 1000 ? `, the helper with number ${number}` : ''}.`,
            'Its arguments are in R1 to R5, its result comes in R0. What R1 to R5 held is lost.']],
        [/^gotol? pc([+-]\d+)/, ([, by], insn) => [`Go on at instruction ${insn + 1 + Number(by)}.`]],
        [/^if ([rw]\d+) (s?)(&|[=!<>]+) (\S+) goto pc([+-]\d+)/, ([, left, signed, operator, right, by], insn) => [
            `If ${left} ${signed}${operator} ${operand(right)}, go on at instruction ${insn + 1 + Number(by)}, else at ${insn + 1}.`,
            signed ? 'The s means: as signed numbers.' : operator === '&' ? '& asks for a bit that both have.' : '', BOTH_WAYS]],
        [new RegExp(`^lock ${MEMORY} (\\S+)= ([rw]\\d+)$`), ([, , bits, base, offset, operator, by]) => [
            `In one atomic step, change ${bytes(bits)} in ${memory(base, offset)}: ${CHANGES[operator] ?? operator} ${by}.`]],
        [/^([rw]\d+) = atomic\w*\(/, ([, to]) => [`An atomic operation on memory. What was there before comes into ${to}.`]],
        [new RegExp(`^([rw]\\d+) = ${MEMORY}$`), ([, to, signed, bits, base, offset]) => [
            `Load ${bytes(bits)} from ${memory(base, offset)}, into ${to}.${signed === 's' ? ' The sign is kept.' : ''}`]],
        [new RegExp(`^${MEMORY} = (\\S+)$`), ([, , bits, base, offset, from]) => [
            `Store ${from} as ${bytes(bits)} in ${memory(base, offset)}.`]],
        [/^([rw]\d+) = ADDRESS$/, ([, to]) => [
            `Put an address into ${to}. libbpf wrote it into the program before it was loaded.`,
            'The number is another one on each run, so the book writes ADDRESS.']],
        [/^(r\d+) = map\[/, ([, to]) => [`Put the address of a map, or of its value, into ${to}.`]],
        [/^([rw]\d+) = (0x[0-9a-f]+|-?\d+)(?: ll)?$/, ([, to, value]) => [`Put ${operand(value)} into ${to}.`]],
        [/^([rw]\d+) = ([rw]\d+)$/, ([, to, from]) => [`Copy ${from} to ${to}.`, from === 'r10' ? 'r10 is the top of the stack.' : '']],
        [/^([rw]\d+) = -[rw]\d+$/, ([, to]) => [`Change the sign of ${to}.`]],
        [/^([rw]\d+) = \(s(\d+)\)([rw]\d+)$/, ([, to, bits, from]) => [`Copy the lower ${bits} bits of ${from} to ${to}, with their sign.`]],
        [/^([rw]\d+) = (be|le|bswap)(\d+) [rw]\d+$/, ([, to, order, bits]) => [
            order === 'bswap' ? `Turn the order of the lower ${bits / 8} bytes of ${to} round.`
                : `Bring the lower ${bits / 8} bytes of ${to} into ${order === 'be' ? 'big-endian (network)' : 'little-endian'} order.`]],
        [/^([rw]\d+) = addr_space_cast/, ([, to]) => [`Turn an address in an arena into one of another address space, into ${to}.`]],
        [/^([rw]\d+) (\S+)= (\S+)$/, ([, ...parts]) => [change(...parts)]],
        [/^r0 = \*\(u(\d+) \*\)skb\[(.+)\]$/, ([, bits, where]) => [`Load ${bytes(bits)} of the packet, from offset ${where}, into r0.`]],
        [/^<invalid /, () => ['libbpf put this text in the place of an instruction that it could not complete.']],
    ];

    // w1 is a half of r1, and to write it clears the other half.
    function halves(code) {
        const names = [...new Set(code.match(/\bw\d+/g))];
        if (names.length === 0) {
            return [];
        }
        const means = names.map((name) => `${name} is the lower 32 bits of r${name.slice(1)}`).join(', ');
        const to = /^w(\d+) \S*= /.exec(code);
        return [`${means}.${to ? ` The upper 32 bits of r${to[1]} become zero.` : ''}`];
    }

    function codeInWords(code, insn) {
        for (const [form, words] of FORMS) {
            const found = form.exec(code);
            const [said, ...more] = (found && words(found, insn)) || [];
            if (said) {
                return [said, ...more, ...halves(code)].filter(Boolean);
            }
        }
        return ['An instruction, in the kernel’s notation.'];
    }

    globalThis.workbook ??= {};
    Object.assign(workbook, { opcodeInWords, codeInWords });
}
