"use strict";
// The state of registers and stack slots at a row, put together from what the log prints: all of it at
// the beginning of a path (and on old kernels everywhere), what changed behind each instruction.

// `R1_w=scalar(umax=15,var_off=(0x0; 0xf)) fp-8=m` as pairs of name and value.
function entries(text) {
	const found = [];
	let depth = 0, start = 0;
	const body = text.replace(/^frame\d+: ?/, "");
	for (let at = 0; at <= body.length; at++) {
		const c = body[at];
		if (c === "(") depth++;
		if (c === ")") depth = Math.max(0, depth - 1);
		if (at === body.length || (c === " " && depth === 0)) {
			const entry = body.slice(start, at);
			const sign = entry.indexOf("=");
			if (sign > 0) found.push([entry.slice(0, sign).split("_")[0], entry.slice(sign + 1)]);
			start = at + 1;
		}
	}
	return found;
}

const REACH = 4000;

// Map of names to values before or behind a row; looks back as far as the path goes, within reason.
function stateAt(data, row) {
	const state = new Map(), gone = new Set();
	const depth = data.depths[row];
	for (let at = row; at >= 0 && row - at < REACH; at--) {
		if (data.depths[at] !== depth) continue;
		if (data.states[at]) {
			for (const [name, value] of entries(data.states[at])) {
				if (!state.has(name) && !gone.has(name)) state.set(name, value);
			}
			if (data.wholes[at] === "1") break;
		}
		// A call ends r1 to r5.
		if (at < row && data.lines[at].startsWith("call ") && data.kinds[at] === "i") {
			for (const name of ["R1", "R2", "R3", "R4", "R5"]) if (!state.has(name)) gone.add(name);
		}
	}
	return state;
}

// Registers first, then the stack from its end downwards, then the rest.
function order(names) {
	const rank = name => {
		const register = /^R(\d+)$/.exec(name);
		if (register) return Number(register[1]);
		const slot = /^fp-(\d+)$/.exec(name);
		return slot ? 100 + Number(slot[1]) : 1e6;
	};
	return [...names].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}
