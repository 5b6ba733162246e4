// The page: three panes over the same row, moved by keys and clicks.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const count = data.kinds.length;
let now = data.fault ?? Math.max(0, count - 1);

// How often each instruction and each source line was walked.
const walks = new Map(), lineWalks = new Array(data.sources.length).fill(0);
for (let row = 0; row < count; row++) {
	if (data.kinds[row] !== "i") continue;
	walks.set(data.insns[row], (walks.get(data.insns[row]) ?? 0) + 1);
	if (data.places[row] >= 0) lineWalks[data.places[row]]++;
}
const most = Math.max(1, ...walks.values());
const mostLine = lineWalks.reduce((a, b) => Math.max(a, b), 1);
const links = data.chain.map(([row]) => row);
const linked = new Set(links);
if (data.fault !== null) links.push(data.fault);
const linkedSources = links.map(row => data.places[row]).filter(place => place >= 0);

function part(element, className, text) {
	const span = document.createElement("span");
	span.className = className;
	span.textContent = text;
	element.append(span);
	return span;
}

function heat(element, share, times) {
	if (times > 1) {
		const bar = part(element, "heat", "");
		bar.style.width = `${Math.max(2, 14 * share)}%`;
		part(element, "count", `${times}×`);
	}
}

function drawRow(row, element) {
	const kind = data.kinds[row];
	element.className = `row ${kind}`;
	element.classList.toggle("now", row === now);
	element.classList.toggle("fault", row === data.fault);
	element.classList.toggle("linked", linked.has(row));
	part(element, "number", data.insns[row] >= 0 ? String(data.insns[row]) : "");
	part(element, "text", "  ".repeat(data.depths[row]) + data.lines[row]);
	if (kind === "i") {
		const times = walks.get(data.insns[row]);
		heat(element, Math.sqrt(times / most), times);
	}
}

function drawSource(at, element) {
	const { file, line, text } = data.sources[at];
	element.className = "row source";
	element.classList.toggle("now", at === data.places[now]);
	element.classList.toggle("fault", data.fault !== null && at === data.places[data.fault]);
	element.classList.toggle("linked", linkedSources.includes(at));
	element.title = file ? `${file}:${line}` : "";
	part(element, "number", line ? String(line) : "");
	part(element, "text", text);
	heat(element, Math.sqrt(lineWalks[at] / mostLine), lineWalks[at]);
}

const trace = new List(byId("trace"), count, drawRow);
const source = new List(byId("source"), data.sources.length, drawSource);
trace.after = () => drawChain(trace, links);
source.after = () => drawChain(source, linkedSources);

function showState() {
	const state = stateAt(data, now), before = now > 0 ? stateAt(data, now - 1) : new Map();
	const blamed = data.refusal?.register;
	const rows = order(state.keys()).map(name => {
		const row = document.createElement("tr");
		const value = state.get(name);
		row.classList.toggle("changed", before.get(name) !== value);
		row.classList.toggle("blamed", now === data.fault && name === `R${blamed}`);
		part(row.insertCell(), "", name);
		part(row.insertCell(), "", value);
		return row;
	});
	byId("state").replaceChildren(...rows);
	const place = data.sources[data.places[now]];
	byId("where").textContent = place ? `${place.file}:${place.line}` : "";
	const step = data.chain.find(([row]) => row === now);
	const chain = data.refusal?.chain ?? [];
	byId("note").textContent = now === data.fault ? data.refusal.message : step ? chain[step[1]].what : "";
	for (const item of byId("chain").children) item.classList.toggle("now", Number(item.dataset.row) === now);
}

function go(row) {
	now = Math.min(count - 1, Math.max(0, row));
	trace.show(now);
	if (data.places[now] >= 0) source.show(data.places[now]); else source.render();
	byId("position").textContent = `${now + 1} of ${count}`;
	showState();
	drawHeat();
}

// The nearest row in a direction that fits.
function seek(step, fits) {
	for (let row = now + step; row >= 0 && row < count; row += step) if (fits(row)) return go(row);
}

const KEYS = {
	ArrowDown: () => go(now + 1), ArrowUp: () => go(now - 1), j: () => go(now + 1), k: () => go(now - 1),
	PageDown: () => go(now + trace.visible), PageUp: () => go(now - trace.visible),
	Home: () => go(0), End: () => go(count - 1), g: () => go(0), G: () => go(count - 1),
	n: () => seek(1, row => linked.has(row) || row === data.fault),
	p: () => seek(-1, row => linked.has(row)),
	e: () => go(data.fault ?? Math.max(0, data.kinds.indexOf("e"))),
	l: () => seek(1, row => data.kinds[row] === "i" && data.insns[row] === data.insns[now]),
	L: () => seek(-1, row => data.kinds[row] === "i" && data.insns[row] === data.insns[now]),
};
addEventListener("keydown", event => {
	if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
	event.preventDefault();
	KEYS[event.key]();
});
byId("trace").addEventListener("click", event => {
	const row = event.target.closest(".row");
	if (row) go(Number(row.dataset.row));
});
byId("source").addEventListener("click", event => {
	const line = event.target.closest(".row");
	if (!line) return;
	const place = Number(line.dataset.row);
	const row = data.places.indexOf(place, now + 1);
	go(row >= 0 ? row : data.places.indexOf(place));
});

// Walks of each instruction of the program: a loop is a hill.
const canvas = byId("heat");
const last = Math.max(0, ...walks.keys());
function drawHeat() {
	const width = canvas.width = canvas.clientWidth, height = canvas.height;
	const style = getComputedStyle(document.documentElement), pen = canvas.getContext("2d");
	const step = width / (last + 1);
	const bar = (insn, colour, full) => {
		const tall = full ? height : Math.max(3, height * Math.sqrt((walks.get(insn) ?? 0) / most));
		pen.fillStyle = style.getPropertyValue(colour);
		pen.fillRect(insn * step, height - tall, Math.max(1, step - (step > 3 ? 1 : 0)), tall);
	};
	for (const insn of walks.keys()) bar(insn, "--heat");
	pen.fillStyle = style.getPropertyValue("--chain");
	for (const row of linked) pen.fillRect(data.insns[row] * step, 0, Math.max(2, step - 1), 5);
	if (data.fault !== null) bar(data.insns[data.fault], "--error");
	if (data.insns[now] >= 0) bar(data.insns[now], "--now", true), bar(data.insns[now], "--text");
}
canvas.addEventListener("click", event => {
	const insn = Math.floor(event.offsetX / canvas.clientWidth * (last + 1));
	const row = data.insns.findIndex((found, at) => found >= insn && data.kinds[at] === "i");
	if (row >= 0) go(row);
});
addEventListener("resize", drawHeat);

function showTexts() {
	const found = data.refusal;
	const title = byId("title");
	title.textContent = found ? found.title ?? found.message : "The verifier refuses nothing in this log";
	if (found?.category) {
		const category = document.createElement("small");
		category.textContent = found.category;
		title.append(category);
	}
	if (!found) return;
	byId("meaning").textContent = found.meaning ?? "";
	byId("kernel").textContent = [...found.details, found.message].join("\n");
	if (found.suggestion) {
		byId("help").textContent = `Help: ${found.suggestion}`;
		if (found.edit) byId("help").append(Object.assign(document.createElement("code"), { textContent: found.edit }));
	}
	byId("chain").replaceChildren(...data.chain.map(([row, at]) => {
		const step = found.chain[at], item = document.createElement("li");
		item.dataset.row = row;
		item.textContent = step.what;
		if (step.source) item.append(Object.assign(document.createElement("code"), { textContent: step.source }));
		item.addEventListener("click", () => go(row));
		return item;
	}));
}

showTexts();
byId("trace").focus();
if (count > 0) go(now);
document.documentElement.dataset.ready = "yes";
