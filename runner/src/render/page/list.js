// A list that has elements only for the rows in view.

const ROW = 20;
// Browsers do not lay out elements beyond some ten million pixels; longer lists scroll in larger steps.
const TALLEST = 8000000;

class List {
	constructor(body, count, draw) {
		this.body = body;
		this.count = count;
		this.draw = draw;
		this.list = document.createElement("div");
		this.list.className = "list";
		this.list.style.height = `${Math.min(count * ROW, TALLEST)}px`;
		this.window = document.createElement("div");
		this.window.className = "window";
		this.list.append(this.window);
		body.append(this.list);
		this.first = 0;
		let waiting = false;
		const later = () => {
			if (waiting) return;
			waiting = true;
			requestAnimationFrame(() => { waiting = false; this.render(); });
		};
		body.addEventListener("scroll", later, { passive: true });
		new ResizeObserver(later).observe(body);
	}

	get visible() {
		return Math.max(1, Math.floor(this.body.clientHeight / ROW));
	}

	// How far the list can be scrolled, in pixels and in rows.
	get range() {
		const pixels = Math.max(1, this.list.offsetHeight - this.body.clientHeight);
		return { pixels, rows: Math.max(0, this.count - this.visible) };
	}

	render() {
		const { pixels, rows } = this.range;
		const part = Math.min(1, Math.max(0, this.body.scrollTop / pixels));
		this.first = rows ? Math.round(part * rows) : 0;
		this.window.style.height = `${Math.min(this.body.clientHeight, this.list.offsetHeight)}px`;
		const drawn = [];
		const end = Math.min(this.count, this.first + this.visible + 1);
		for (let row = this.first; row < end; row++) {
			const element = document.createElement("div");
			element.style.top = `${(row - this.first) * ROW}px`;
			element.dataset.row = row;
			this.draw(row, element);
			drawn.push(element);
		}
		this.window.replaceChildren(...drawn);
		this.after?.();
	}

	// Brings a row into view, into the middle if it was outside.
	show(row) {
		const inside = row >= this.first && row < this.first + this.visible - 1;
		if (!inside) {
			const { pixels, rows } = this.range;
			const first = Math.min(rows, Math.max(0, row - Math.floor(this.visible / 2)));
			this.body.scrollTop = rows ? first / rows * pixels : 0;
		}
		this.render();
	}

	// Where a row is in the window; rows outside are above or below it.
	y(row) {
		return (row - this.first) * ROW + ROW / 2;
	}
}

// Lines from row to row in the left margin of a list.
function drawChain(list, rows) {
	const space = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(space, "svg");
	const add = (name, attributes) => {
		const element = document.createElementNS(space, name);
		for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
		svg.append(element);
	};
	const height = list.window.clientHeight;
	const clamp = y => Math.min(height + ROW, Math.max(-ROW, y));
	rows.forEach((row, at) => {
		const y = list.y(row);
		if (y > -ROW && y < height + ROW) add("circle", { cx: 18, cy: y, r: 4 });
		if (at === 0 || rows[at - 1] === row) return;
		const from = clamp(list.y(rows[at - 1])), to = clamp(y);
		if (from === to) return;
		add("path", { d: `M18 ${from} C4 ${from + (to - from) / 4}, 4 ${to - (to - from) / 4}, 18 ${to}` });
		const tip = to > from ? -1 : 1;
		add("polygon", { points: `18,${to + 4 * tip} 13,${to + 11 * tip} 20,${to + 12 * tip}` });
	});
	list.window.append(svg);
}
