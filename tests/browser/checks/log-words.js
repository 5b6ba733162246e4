// The verifier's logs without a browser: nothing of a log is lost, and what is said of its parts.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../support/place.js';

for (const script of ['log-parts', 'log-values', 'log-instructions', 'log-messages', 'log-words']) {
  await import(path.join(root, 'book/theme', `${script}.js`));
}
const { logParts, logWords } = globalThis.workbook;

function filesIn(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory() ? filesIn(name) : [name];
  });
}

// What the kernels of five series have printed: the book's own outputs, and the logs of the reader in Rust.
const recorded = ['book/src/generated', 'runner/verifier-log/tests/logs', 'runner/verifier-log/tests/faults', 'runner/verifier-log/tests/stderr']
  .flatMap((folder) => filesIn(path.join(root, folder)))
  .filter((file) => /\.(txt|log)$/.test(file));

test('every recorded log is kept, character for character, and each of its parts is explained', () => {
  assert.ok(recorded.length > 500, `${recorded.length} recorded logs are too few`);
  for (const file of recorded) {
    const text = fs.readFileSync(file, 'utf8');
    const parts = logParts(text);
    assert.equal(parts.map((part) => part.text).join(''), text, file);
    parts.forEach((part, at) => {
      if (part.kind) {
        const words = logWords(parts, at);
        assert.ok(words.length > 1, `${file}: nothing is said of ${part.text}`);
        assert.doesNotMatch(words.join(' '), /undefined|NaN|\[object/, `${file}: ${part.text}`);
      }
    });
  }
});

test('a log that breaks off anywhere, or is none, is kept as well', () => {
  const text = fs.readFileSync(path.join(root, 'runner/verifier-log/tests/logs/7.3/leak.log'), 'utf8');
  for (let end = 0; end < text.length; end += 7) {
    assert.equal(logParts(text.slice(0, end)).map((part) => part.text).join(''), text.slice(0, end));
  }
  for (const odd of ['', '\n\n', '\r\n', 'R1', '0:', '(79)', 'R1=(((', 'fp-8=', '; @ :', '0: (zz) x', '  ^-- ', 'x\ty\n']) {
    assert.equal(logParts(odd).map((part) => part.text).join(''), odd);
  }
});

test('the parts of each kind of line', () => {
  const kinds = (text) => logParts(text).filter((part) => part.kind).map((part) => `${part.kind} ${part.text}`);
  const table = [
    ['; *seen += 1; @ hello.bpf.c:6', ['source ; *seen += 1; @ hello.bpf.c:6']],
    ['7: (79) r1 = *(u64 *)(r0 +0)   ; R0_w=map_value(off=0,ks=4,vs=8,imm=0) fp-8=mmmm????',
      ['index 7:', 'opcode (79)', 'code r1 = *(u64 *)(r0 +0)', 'register R0_w=map_value(off=0,ks=4,vs=8,imm=0)', 'slot fp-8=mmmm????']],
    ['10: (16) if w0 == 0x5 goto pc+3 14: R10=fp0 refs=2',
      ['index 10:', 'opcode (16)', 'code if w0 == 0x5 goto pc+3', 'target 14:', 'register R10=fp0', 'references refs=2']],
    ['from 8 to 10: frame1: R1=scalar(umax=15,var_off=(0x0; 0xf)) cb',
      ['branch from 8 to 10:', 'depth frame1:', 'register R1=scalar(umax=15,var_off=(0x0; 0xf))', 'callback cb']],
    ['from 29 to 31: safe', ['branch from 29 to 31:', 'safe safe']],
    ['12: safe', ['target 12:', 'safe safe']],
    [' R1_w=inv(id=0) R3_w=inv16', ['register R1_w=inv(id=0)', 'register R3_w=inv16']],
    ['caller:\n R10=fp0\ncallee:', ['call caller:', 'register R10=fp0', 'call callee:']],
    ['0: (95) exit\nR0 !read_ok\nprocessed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
      ['index 0:', 'opcode (95)', 'code exit', 'error R0 !read_ok', 'count processed 1 insns', 'count (limit 1000000)',
        'count max_states_per_insn 0', 'count total_states 0', 'count peak_states 0', 'count mark_read 0']],
    ['0: (95) exit\nR0 !read_okprocessed 1 insns (limit 1000000)',
      ['index 0:', 'opcode (95)', 'code exit', 'error R0 !read_ok', 'count processed 1 insns', 'count (limit 1000000)']],
    ['      2: .12....... (61) r2 = *(u32 *)(r2 +0)', ['index 2:', 'live .12.......', 'opcode (61)', 'code r2 = *(u32 *)(r2 +0)']],
    ['Verification failed: Register Type Safety: Invalid dereference\n\nReason:\n  R0 may be NULL here.\n\nAt:\n  f @ x.c:11:8\n  Source context:\n  >>> 11 |  *seen += 1;\n         |  ^-- error: bad\n\nSuggestion:\n  Add a check.\n\nprocessed 7 insns (limit 9)',
      ['failed Verification failed: Register Type Safety: Invalid dereference', 'section Reason:', 'section At:', 'place f @ x.c:11:8',
        'context Source context:', 'blamed >>> 11', 'remark error: bad', 'section Suggestion:', 'count processed 7 insns', 'count (limit 9)']],
  ];
  for (const [text, expected] of table) {
    assert.deepEqual(kinds(text), expected, text);
  }
});

test('what is said', () => {
  const said = (text, chosen) => {
    const parts = logParts(text);
    const at = parts.findIndex((part) => part.text === chosen);
    assert.ok(at >= 0, `${chosen} is no part of ${text}`);
    return logWords(parts, at).join(' ');
  };
  const table = [
    ['8: (85) call bpf_map_lookup_elem#1 ; R0_w=map_value_or_null(id=2,off=0,ks=4,vs=8,imm=0)', 'R0_w=map_value_or_null(id=2,off=0,ks=4,vs=8,imm=0)',
      /^R0 after instruction 8 A pointer into a map’s value of 8 bytes, or NULL, .* id=2 ties it to other copies of itself: .* vs=8: the map’s values have 8 bytes/],
    ['1: R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=15,var_off=(0x0; 0xf))', undefined, /^R2 before instruction 1 A number from 0 to 15\. var_off=\(0x0; 0xf\): the lowest 4 bits are not known, all others are zero/],
    ['1: R2=inv(id=0,umax_value=15,var_off=(0x0; 0xf))', undefined, /A number from 0 to 15\./],
    ['1: R2=inv16', undefined, /The number 16\.$/],
    ['1: R2=scalar()', undefined, /A number of which nothing is known\.$/],
    ['1: R1=scalar(smin=0xffffffff80000000,smax=smax32=15)', undefined, /Signed: -2147483648 to 15; the lower 32 bits, signed: 15 or less/],
    ['1: R1=scalar(umin32=64)', undefined, /The lower 32 bits, unsigned: 64 or more/],
    ['1: R2=map_value(map=read_the.bss,ks=4,vs=64,imm=64)', undefined, /imm=64: 64 bytes behind its beginning/],
    ['1: R2=fp-24', undefined, /A pointer to the stack, 24 bytes below the top of the stack/],
    ['1: R2=pkt(id=0,off=14,r=14,imm=0)', undefined, /off=14: 14 bytes behind where the packet begins\. r=14: 14 bytes, counted from off=0, are known to be there/],
    ['1: R2=fp0 fp-24=mmmm????', 'fp-24=mmmm????', /fp-20 to fp-17: something was stored.*fp-24 to fp-21: nothing was stored/],
    ['1: R2=fp0 fp-8=ctx()', 'fp-8=ctx()', /the copy of a register: the context/],
    ['3: (26) if w2 > 0xf goto pc+11', 'if w2 > 0xf goto pc+11', /If w2 > 0xf \(15\), go on at instruction 15, else at 4.*w2 is the lower 32 bits of r2\.$/],
    ['3: (79) r1 = *(u64 *)(r10 -8)', '(79)', /^Operation code 0x79: a load from memory In C it is written BPF_LDX \| BPF_MEM \| BPF_DW\.$/],
    ['3: (79) r1 = *(u64 *)(r10 -8)', 'r1 = *(u64 *)(r10 -8)', /Load 8 bytes from the stack at fp-8, into r1/],
    ['4: (95) exit\n4: (95) exit', '4:', /^Instruction 4 The verifier walks it/],
    ['6: R1=0\n7: (79) r1 = *(u64 *)(r0 +0)\nR1 invalid mem access \'scalar\'', 'R1 invalid mem access \'scalar\'', /For the verifier it is a number.*R1 was last shown as 0: the number 0\.$/],
    ['processed 19 insns (limit 1000000)', 'processed 19 insns', /^19 instructions were walked/],
  ];
  for (const [text, chosen, expected] of table) {
    assert.match(said(text, chosen ?? text.slice(3)), expected);
  }
});
