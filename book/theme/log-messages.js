// Says in plain words what the verifier's messages mean: the rule that was broken, or what a number counts.
{
    const bytes = (count) => `${count} ${Number(count) === 1 ? 'byte' : 'bytes'}`;

    // A pattern and what it says, with what the groups found. Wordings of 5.10 to 7.x.
    const MESSAGES = [
        [/^R(\d+) invalid mem access '(\w+)_or_null'/, (r) => `The program uses R${r} as an address, and on this way nothing has shown that it is not NULL.`],
        [/^R(\d+) invalid mem access '(inv|scalar)'/, (r) => `The program uses R${r} as an address. For the verifier it is a number, and memory can only be reached through a pointer that it knows.`],
        [/^R(\d+) invalid mem access '(\w+)'/, (r) => `The program accesses memory through R${r}, and with a pointer of this kind that is not allowed.`],
        [/^R(\d+) !read_ok/, (r) => `The program reads R${r}, and on this way nothing was put into it, or a call has taken it away.`],
        [/^R(\d+) (max|min) value is outside of the allowed memory range/, (r, end) => `The ${end === 'max' ? 'largest' : 'smallest'} offset that R${r} may have, together with the size of the access, is outside of what belongs to the pointer.`],
        [/^R(\d+) unbounded memory access/, (r) => `What was added to R${r} has no upper bound that the verifier knows.`],
        [/^R(\d+) min value is negative/, (r) => `R${r} is a size or an index, and as far as the verifier knows it may be negative.`],
        [/^invalid access to map (value|key), (?:value|key)_size=(\d+) off=(-?\d+) size=(\d+)/, (what, size, off, length) => `The access begins ${bytes(off)} behind the beginning of the map’s ${what} and is ${bytes(length)} long. The ${what} has ${bytes(size)}.`],
        [/^invalid access to packet, off=(-?\d+) size=(\d+)/, (off, size) => `${bytes(size)} of the packet at offset ${off}, and no comparison with the end of the packet has shown that they are there.`],
        [/^R(\d+) offset is outside of the packet/, (r) => `R${r} points to a byte of the packet that may not be there.`],
        [/^R(\d+) pointer arithmetic on (\w+_or_null\w*) prohibited/, (r) => `The program calculates with R${r}, which may still be NULL. Test it first.`],
        [/^R(\d+) pointer arithmetic on (\w+) prohibited/, (r, kind) => `The program calculates with R${r}. With a pointer of the kind ${kind} that is not allowed.`],
        [/^R(\d+) pointer arithmetic with (\S+) operator prohibited/, () => 'A number may be added to a pointer or subtracted from it. Nothing else can be calculated with it.'],
        [/^R(\d+) bitwise operator (\S+) on pointer prohibited/, () => 'Bits of a pointer cannot be changed.'],
        [/^R(\d+) 32-bit pointer arithmetic prohibited/, () => 'The program calculates with half of a pointer.'],
        [/^math between (\w+) pointer and register with unbounded min value/, () => 'A number is added to a pointer, and as far as the verifier knows it may be any negative number.'],
        [/^value (-?\d+) makes (\w+) pointer be out of bounds/, (by) => `A number is added to a pointer that may be ${by}, farther than any object is large.`],
        [/^R(\d+) type=(\S+) expected=(.+)/, (r, kind, wanted) => `R${r} is an argument of this call. It is ${kind}, and the function wants ${wanted.replace(/, ([^,]*)$/, ' or $1')}.`],
        [/^invalid (?:indirect )?(?:access to|read from|write to) stack R(\d+) off=?\s?(-?\d+)(?:\+0)? size[= ](\d+)/, (r, off, size) => `${bytes(size)} of stack, beginning at fp${off}, through R${r}. They are not all in the program’s 512 bytes below fp0, or nothing was stored in them.`],
        [/^invalid indirect read from stack R(\d+) off (-?\d+)\+(\d+) size (\d+)/, (r, off, at, size) => `The function reads ${bytes(size)} of stack from fp${off} on, and in byte ${at} of them nothing was stored.`],
        [/^invalid variable-offset (read from|write to|indirect access to) stack R(\d+)/, (what, r) => `The stack is accessed at an offset in R${r} that is not constant, and as far as the verifier knows it may be wrong.`],
        [/^misaligned stack access off .*?(-?\d+) size (\d+)/, (off, size) => `An access to the stack of ${bytes(size)} has to be at a multiple of ${size}.`],
        [/^invalid bpf_context access off=(-?\d+) size=(\d+)/, (off, size) => `${bytes(size)} of the context at offset ${off}: there is no member there that a program of this type may access in this way.`],
        [/^dereference of modified ctx ptr/, () => 'To a pointer to the context nothing may be added before it is used.'],
        [/^variable ctx access/, () => 'The context can only be accessed at constant offsets.'],
        [/^func '(\w+)' doesn't have (\d+)-th argument/, (name, number) => `The program reads argument ${number} of ${name}, which has fewer.`],
        [/^Unreleased reference id=(\d+) alloc_insn=(\d+)/, (id, insn) => `What the call at instruction ${insn} gave, reference ${id}, is not given back on this way.`],
        [/would lead to reference leak/, () => 'It says the same again: a reference is left when the program ends.'],
        [/^At (program exit|callback return|async callback return) the register R0 has (.*) should have been in (.*)/, (where, has, range) => `At the ${where} R0 is not within ${range}, which is what is allowed here.`],
        [/^At program exit the register R0 is not a known value/, () => 'What the program returns has to be a number, and R0 is not one.'],
        [/^unreachable insn (\d+)/, (insn) => `No way leads to instruction ${insn}. Code that cannot be reached is refused.`],
        [/^back-edge from insn (\d+) to (\d+)/, (from, to) => `Instruction ${from} goes back to ${to}: a loop or a recursion, which is not allowed here.`],
        [/^infinite loop detected at insn (\d+)/, (insn) => `The verifier has come to instruction ${insn} again, and nothing has changed since: the loop never ends.`],
        [/^jump out of range from insn (\d+) to (\d+)/, (from, to) => `Instruction ${from} jumps to ${to}, and there the program has no instruction.`],
        [/^last insn is not an exit or jmp/, () => 'The program could run past its last instruction.'],
        [/^BPF program is too large\. Processed (\d+) insn/, (count) => `The verifier has walked ${count} instructions and gives up.`],
        [/^combined stack size of (\d+) calls is (\d+)/, (calls, size) => `The functions that call each other, ${calls} of them, need ${bytes(size)} of stack together. 512 are there.`],
        [/^the call stack of (\d+) frames is too deep/, () => 'Functions may call each other up to 8 deep.'],
        [/^recursive call/, () => 'A function may not call itself, directly or through others.'],
        [/^tail_calls are not allowed when call stack of previous frames is (\d+)/, (size) => `The functions above the tail call use ${bytes(size)} of stack. With a tail call they may use less than 256.`],
        [/^cannot call GPL-restricted function/, () => 'The helper is only for programs whose licence is compatible with the GPL.'],
        [/^cannot call kernel function from non-GPL/, () => 'Functions of the kernel are only for programs whose licence is compatible with the GPL.'],
        [/^(?:unknown func|program of this type cannot use helper) (\w+)#\d+/, (name) => `Programs of this type cannot use ${name}.`],
        [/^invalid func (\S+)/, () => 'This kernel has no helper with this number.'],
        [/^calling kernel function (\w+) is not allowed/, (name) => `Programs of this type cannot call ${name}.`],
        [/^cannot pass map_type (\d+) into func (\w+)#/, (type, name) => `${name} does not work with a map of this type.`],
        [/^write into map forbidden/, () => 'The map is read-only for programs. Constants and .rodata are in such a map.'],
        [/^cannot write into packet/, () => 'Programs of this type may read the packet, not change it.'],
        [/^only read is supported/, () => 'Through a pointer to a kernel object programs can only read.'],
        [/^access beyond struct (\w+) at off (\d+) size (\d+)/, (name, off, size) => `${bytes(size)} at offset ${off} are not within struct ${name}.`],
        [/^div by zero/, () => 'The program divides by the constant zero.'],
        [/^invalid shift (\d+)/, () => 'A number is shifted by more bits than it has.'],
        [/^same insn cannot be used with different pointers/, () => 'The instruction is reached on two ways, with pointers of two kinds. It would have to be two instructions.'],
        [/^(?:R\d+ )?invalid zero-sized read/, () => 'The size may be zero, and here it must not be.'],
        [/^frame pointer is read only/, () => 'R10 always is the top of the stack. Nothing can be put into it.'],
        [/^(bpf_spin_unlock is missing|BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock)/, () => 'On this way the program ends while it holds a lock.'],
        [/^function calls are not allowed while holding a lock/, () => 'Between lock and unlock no function can be called.'],
        [/^tracing progs cannot use (\w+) yet/, (what) => `Programs for tracing cannot use ${what}.`],
        [/^(helper call might sleep|sleepable helper)/, () => 'The helper may have to wait, and a program of this kind must not.'],
        [/^failed to resolve CO-RE relocation .* struct ([\w.]+)/, (name) => `The running kernel has no ${name}, and the program reads it.`],
        [/^Possibly NULL pointer passed/, () => 'The function wants a pointer that is not NULL, and this one has not been tested.'],
        [/^[Ee]xpected an initialized (\w+) as (R\d+|arg ?#\d+)/, (what, which) => `${which} has to be a ${what.startsWith('dynptr') ? 'dynptr' : `${what} iterator`} that was made before.`],
        [/^release (?:kernel function|kfunc) (\w+) expects/, (name) => `${name} gives an object back, so it has to be one that the program holds a reference to.`],
        [/^BPF_ATOMIC stores into R\d+ (\w+)/, (kind) => `Atomic operations work on memory such as a map’s value, not on ${kind}.`],
        [/^no write support to (\w+) at off (\d+)/, (name, off) => `A program may change a few members of struct ${name}. What is at offset ${off} is none of them.`],
        [/^addr_space_cast insn can only be used/, () => 'The program uses addresses of an arena, and no arena belongs to it.'],
    ];

    const COUNTS = {
        processed: (n) => [`${n} instructions were walked`, 'Each is counted as often as the verifier walked it.'],
        limit: (n) => [`At most ${n} instructions`, 'The verifier refuses a program when it has walked so many.'],
        max_states_per_insn: (n) => [`At most ${n} states at one instruction`, 'The verifier keeps what it knew at some instructions, to notice when a way has nothing new.'],
        total_states: (n) => [`${n} states were kept`, 'In all, whether they are still needed or not.'],
        peak_states: (n) => [`${n} states at a time`, 'The most that were kept at the same time: this is what costs memory.'],
        mark_read: (n) => [`Back over up to ${n} states`, 'The longest way back on which the verifier noted that a register is read later.'],
    };

    function messageInWords(message) {
        for (const [pattern, words] of MESSAGES) {
            const found = pattern.exec(message);
            if (found) {
                return words(...found.slice(1));
            }
        }
        return undefined;
    }

    globalThis.workbook ??= {};
    Object.assign(workbook, { messageInWords, countInWords: (name, number) => COUNTS[name](number) });
}
