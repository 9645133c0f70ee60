/* The script of report.html: it needs nothing else, and the page is complete without it. */
'use strict';

/* --- tables: sorting by a column, filtering by words that a row must all have --------------------
 * a|b is one of both. The page's address can ask for both:
 * #sort=summary,3,-1&filter=cells,timeout (section, column from 1, order). */

/* Heads over columns stand in a row before them. */
const headsOf = table => table.querySelectorAll('thead tr:last-child th');

function sortTable(table, column, order) {
	const heads = headsOf(table), body = table.tBodies[0];
	if (!heads[column])
		return;
	heads.forEach(other => {
		delete other.dataset.order;
		other.removeAttribute('aria-sort');
	});
	heads[column].dataset.order = order;
	heads[column].setAttribute('aria-sort', order > 0 ? 'ascending' : 'descending');
	const number = heads[column].classList.contains('num');
	const rows = Array.from(body.rows).map(row => {
		const text = row.cells[column].textContent;
		return [row, text, number ? parseFloat(text) : NaN];
	});
	rows.sort((a, b) => {
		if (!a[1] || !b[1])
			return a[1] ? -1 : b[1] ? 1 : 0;
		return order * (isNaN(a[2]) || isNaN(b[2]) ? a[1].localeCompare(b[1]) : a[2] - b[2]);
	});
	const sorted = document.createDocumentFragment();
	rows.forEach(entry => sorted.appendChild(entry[0]));
	body.appendChild(sorted);
}

function filterTable(section, text) {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	const rows = section.querySelector('table').tBodies[0].rows;
	let shown = 0;
	Array.from(rows).forEach(row => {
		const all = row.textContent.toLowerCase();
		row.hidden = !words.every(word => word.split('|').some(one => all.includes(one)));
		shown += !row.hidden;
	});
	section.querySelector('.shown').textContent =
		words.length ? shown + ' of ' + rows.length + ' rows' : '';
}

function equip(section) {
	const table = section.querySelector('table.sort'), input = section.querySelector('input.filter');
	if (!table)
		return;
	headsOf(table).forEach((th, column) => {
		const sort = () => sortTable(table, column, th.dataset.order === '1' ? -1 : 1);
		th.tabIndex = 0;
		th.addEventListener('click', sort);
		th.addEventListener('keydown', event => {
			if (event.key === 'Enter' || event.key === ' ') {
				event.preventDefault();
				sort();
			}
		});
	});
	const box = table.parentNode, cue = document.createElement('p');
	const look = () => box.classList.toggle(
		'more', box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
	cue.className = 'cue dim';
	cue.textContent = 'more columns: scroll \u2192';
	box.parentNode.insertBefore(cue, box.nextSibling);
	box.addEventListener('scroll', look);
	addEventListener('resize', look);
	look();
	input.addEventListener('input', () => filterTable(section, input.value));
}

function follow() {
	location.hash.slice(1).split('&').forEach(part => {
		const found = /^(sort|filter)=([\w-]+),(.*)$/.exec(decodeURIComponent(part));
		const section = found && document.getElementById(found[2]);
		if (!section || !section.querySelector('table'))
			return;
		if (found[1] === 'sort') {
			const at = found[3].split(',');
			sortTable(section.querySelector('table'), parseInt(at[0], 10) - 1,
				  at[1] === '-1' ? -1 : 1);
		} else {
			section.querySelector('input').value = found[3];
			filterTable(section, found[3]);
		}
		section.scrollIntoView();
	});
}

/* --- figures: their numbers, drawn anew with curves and axes to be switched ---------------------
 */

const SIZE = {width: 560, height: 320, left: 78, right: 546, top: 26, bottom: 270};

function svgNode(parent, name, set, text) {
	const node = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const key in set)
		node.setAttribute(key, set[key]);
	if (text !== undefined)
		node.textContent = text;
	return parent.appendChild(node);
}

const brief = value => value === null ? '' : String(+(+value).toPrecision(4));
const nameAt = (axis, value) => axis.names.length ? axis.names[Math.round(value)] || '' : brief(value);

/* Where values of an axis are drawn, and its tics; null if it has none. */
function scaleOf(values, axis, log, from, to, room) {
	const f = log ? Math.log10 : Number, named = axis.names.length;
	values = values.filter(v => v !== null && (!log || v > 0)).map(f);
	if (!values.length)
		return null;
	let low = Math.min(...values, ...(named ? [0] : []));
	let high = Math.max(...values, ...(named ? [named - 1] : []));
	if (!(high > low)) {
		low -= 0.5;
		high += 0.5;
	}
	low -= room;
	high += room;
	const whole = !log || high - low >= 2;
	let step = named ? 1 : Math.pow(10, Math.floor(Math.log10((high - low) / 3)));
	if (!named && log)
		step = whole ? Math.ceil((high - low) / 6) : (high - low) / 4;
	else if (!named)
		step *= (high - low) / step > 12 ? 5 : (high - low) / step > 6 ? 2 : 1;
	const tics = [];
	for (let t = whole ? Math.ceil(low / step) * step : low; t <= high + step * 1e-6; t += step)
		tics.push(log ? Math.pow(10, t) : t);
	const at = v => v === null || (log && !(v > 0)) ? null
							: from + (to - from) * (f(v) - low) / (high - low);
	return {tics, at, start: log ? Math.pow(10, low) : low};
}

/* Rows as objects. */
function rowsOf(curve) {
	const rows = [];
	for (let i = 0; i < curve.at.length; i += 4)
		rows.push({x: curve.at[i], y: curve.at[i + 1], low: curve.at[i + 2], high: curve.at[i + 3]});
	return rows;
}

function valuesOf(curves, axis) {
	const values = [];
	curves.forEach(curve => rowsOf(curve).forEach(row => {
		if (axis === 'x')
			values.push(row.x);
		else
			values.push(row.y, ...(curve.form === 't' ? [] : [row.low, row.high]),
				    ...(curve.form === 'b' ? [0] : []));
	}));
	return values;
}

/* Smallest first, so that `low` of an empty list is none. */
function spanOf(rows, of) {
	const values = rows.map(of).filter(v => v !== null);
	return {low: Math.min(...values), high: Math.max(...values)};
}

/* What a form draws; `point` takes where a value is shown and its words. */
const forms = {
	l(svg, curve, rows, sx, sy, point) {
		let path = '', pen = 'M', upper = [], lower = [];
		rows.forEach(row => {
			const x = sx.at(row.x), y = sy.at(row.y);
			if (x === null || y === null) {
				pen = 'M';
				return;
			}
			path += curve.form === 's' && pen === 'L' ? 'H' + x.toFixed(1) + 'V' + y.toFixed(1)
								  : pen + x.toFixed(1) + ' ' + y.toFixed(1);
			pen = 'L';
			const low = sy.at(row.low), high = sy.at(row.high);
			if (low !== null && high !== null && curve.bars)
				svgNode(svg, 'path', {d: `M${x} ${low}V${high}`, stroke: curve.color});
			else if (low !== null && high !== null) {
				upper.push(x.toFixed(1) + ' ' + high.toFixed(1));
				lower.unshift(x.toFixed(1) + ' ' + low.toFixed(1));
			}
			point(x, y, row);
		});
		if (upper.length > 1)
			svgNode(svg, 'path', {d: 'M' + upper.concat(lower).join('L') + 'Z', fill: curve.color,
					      'fill-opacity': 0.18});
		svgNode(svg, 'path', {d: path, fill: 'none', stroke: curve.color, 'stroke-width': 2});
	},
	s(...all) {
		forms.l(...all);
	},
	p(svg, curve, rows, sx, sy, point) {
		rows.forEach(row => {
			const x = sx.at(row.x), y = sy.at(row.y), low = sy.at(row.low), high = sy.at(row.high);
			if (x === null || y === null)
				return;
			if (low !== null && high !== null)
				svgNode(svg, 'path', {d: `M${x} ${low}V${high}`, stroke: curve.color});
			svgNode(svg, 'circle', {cx: x, cy: y, r: 3.5, fill: curve.color});
			point(x, y, row);
		});
	},
	b(svg, curve, rows, sx, sy, point) {
		rows.forEach(row => {
			const piece = curve.form === 'k', width = piece ? 0.64 : 0.92 * curve.width;
			const left = sx.at(row.x - width / 2), right = sx.at(row.x + width / 2);
			const y = sy.at(row.y), low = sy.at(row.low), high = sy.at(row.high);
			const base = piece ? low : sy.at(Math.max(0, sy.start));
			if (left === null || right === null || y === null || base === null)
				return;
			svgNode(svg, 'rect', {x: left, y: Math.min(y, base), width: right - left,
					      height: Math.abs(base - y), fill: curve.color});
			if (!piece && low !== null && high !== null)
				svgNode(svg, 'path', {d: `M${sx.at(row.x)} ${low}V${high}`,
						      stroke: 'currentColor'});
			point((left + right) / 2, y, row);
		});
	},
	k(...all) {
		forms.b(...all);
	},
	a(svg, curve, rows, sx, sy, point) {
		const shown = rows.filter(row => sx.at(row.x) !== null && sy.at(row.low) !== null &&
						 sy.at(row.high) !== null);
		const end = of => row => sx.at(row.x).toFixed(1) + ' ' + sy.at(row[of]).toFixed(1);
		if (shown.length > 1)
			svgNode(svg, 'path', {d: 'M' + shown.map(end('high')).concat(
							shown.map(end('low')).reverse()).join('L') + 'Z',
					      fill: curve.color, 'fill-opacity': 0.2});
		shown.forEach(row => point(sx.at(row.x), (sy.at(row.low) + sy.at(row.high)) / 2, row));
	},
	t(svg, curve, rows, sx, sy, point) {
		const counted = rows.some(row => row.high !== null); /* low: per cent of the counts */
		const span = counted ? {low: 0, high: 100} : spanOf(rows, row => row.low);
		rows.filter(row => row.low !== null).forEach(row => {
			const x = sx.at(row.x - 0.5), y = sy.at(row.y + 0.5);
			const width = sx.at(row.x + 0.5) - x, height = sy.at(row.y - 0.5) - y;
			const share = span.high > span.low ? (row.low - span.low) / (span.high - span.low) : 0.5;
			svgNode(svg, 'rect', {x, y, width, height,
					      fill: `hsl(${250 - 190 * share},60%,${28 + 50 * share}%)`});
			if (width > 34)
				svgNode(svg, 'text', {x: x + width / 2, y: y + height / 2 + 4,
						      'text-anchor': 'middle', fill: share > 0.5 ? '#000' : '#fff'},
					counted ? brief(row.high) : +row.low.toPrecision(3));
			point(x + width / 2, y + height / 2, row);
		});
	},
};

/* The words of a row. */
function wordsOf(panel, curve, row) {
	const x = panel.x.label + ' ' + nameAt(panel.x, row.x);
	const range = row.low === null || row.high === null ? ''
							    : brief(row.low) + ' to ' + brief(row.high);
	if (curve.form === 't' && row.high !== null)
		return `${x}, ${panel.y.label} ${nameAt(panel.y, row.y)}: ${brief(row.high)} samples, ` +
			`${panel.value} ${brief(row.low)}`;
	if (curve.form === 't')
		return `${x}, ${panel.y.label} ${nameAt(panel.y, row.y)}: ${panel.value} ${brief(row.low)}`;
	if (row.y === null || curve.form === 'k')
		return `${curve.name}: ${x}, ${panel.y.label} ${range}`;
	return `${curve.name}: ${x}, ${panel.y.label} ${brief(row.y)}${range ? ' (' + range + ')' : ''}`;
}

/* Ids of the cells of a row; all of its curve where nobody said which. */
function cellsOf(curve, row) {
	const of = [], ids = new Set();
	for (let i = 0; i < curve.cells.length; i += 3)
		of.push({id: curve.cells[i], x: curve.cells[i + 1], y: curve.cells[i + 2]});
	of.filter(cell => (cell.x === null || cell.x === row.x) && (cell.y === null || cell.y === row.y))
		.forEach(cell => ids.add(cell.id));
	return Array.from(ids);
}

/* Bars and tiles have no logarithmic axes. */
const hasBoxes = panel => panel.curves.some(curve => 'bkt'.includes(curve.form));

function drawPanel(box, panel, view, say) {
	const {width, height, left, right, top, bottom} = SIZE;
	const curves = panel.curves.filter(curve => !view.off[curve.name]);
	const boxes = hasBoxes(panel);
	const logX = view.log.x && !boxes, logY = view.log.y && !boxes;
	const sx = scaleOf(valuesOf(curves, 'x'), panel.x, logX, left, right, boxes ? 0.5 : 0);
	const sy = scaleOf(valuesOf(curves, 'y'), panel.y, logY, bottom, top,
			   curves.some(curve => curve.form === 't') ? 0.5 : 0);
	const points = [], lost = [];
	let chosen = -1;
	if (!sx || !sy)
		return;
	const svg = svgNode(box, 'svg', {viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: 'application',
					 'aria-label': panel.title +
					 ', arrow keys go from point to point, enter leads to its cells'});
	const middle = {'text-anchor': 'middle'};
	svgNode(svg, 'text', {x: width / 2, y: 14, ...middle}, panel.title);
	svgNode(svg, 'text', {x: (left + right) / 2, y: height - 8, ...middle}, panel.x.label);
	svgNode(svg, 'text', {x: 14, y: (top + bottom) / 2, ...middle,
			      transform: `rotate(-90 14 ${(top + bottom) / 2})`}, panel.y.label);
	sx.tics.forEach(t => svgNode(svg, 'text', {x: sx.at(t), y: bottom + 16, ...middle}, nameAt(panel.x, t)));
	sy.tics.forEach(t => svgNode(svg, 'text', {x: left - 6, y: sy.at(t) + 4, 'text-anchor': 'end'},
				     nameAt(panel.y, t)));
	curves.forEach(curve => {
		const rows = rowsOf(curve), before = points.length;
		forms[curve.form](svg, curve, rows, sx, sy,
				  (x, y, row) => points.push({x, y, curve, row}));
		const missed = rows.filter(row => row.x !== null).length - (points.length - before);
		if (missed > 0)
			lost.push(`${missed} rows of ${curve.name} have no place on a logarithmic axis`);
		if (curve.step > 1)
			lost.push(`${curve.name}: ${rows.length} of its ${curve.rows} rows`);
	});
	svgNode(svg, 'path', {d: `M${left} ${top}V${bottom}H${right}`, fill: 'none', stroke: 'currentColor'});
	if (lost.length) {
		const note = box.appendChild(document.createElement('p'));
		note.className = 'dim';
		note.textContent = lost.join('; ') + '.';
	}
	const ring = svgNode(svg, 'circle', {r: 6, fill: 'none', stroke: 'currentColor', 'stroke-width': 2,
					     visibility: 'hidden'});
	const choose = i => {
		const point = points[i];
		if (!point)
			return;
		chosen = i;
		ring.setAttribute('cx', point.x);
		ring.setAttribute('cy', point.y);
		ring.setAttribute('visibility', 'visible');
		const count = cellsOf(point.curve, point.row).length;
		say.textContent = wordsOf(panel, point.curve, point.row) +
			(count ? `; ${count} cell${count > 1 ? 's' : ''}` : '');
	};
	const go = () => {
		const point = points[chosen], ids = point ? cellsOf(point.curve, point.row) : [];
		if (ids.length)
			location.hash = 'filter=cells,' + encodeURIComponent(ids.join('|'));
	};
	svg.addEventListener('pointermove', event => {
		const r = svg.getBoundingClientRect(), x = (event.clientX - r.left) * width / r.width;
		const y = (event.clientY - r.top) * height / r.height;
		let best = -1, least = Infinity;
		points.forEach((point, i) => {
			const far = (point.x - x) ** 2 + (point.y - y) ** 2;
			if (far < least) {
				least = far;
				best = i;
			}
		});
		choose(best);
	});
	svg.addEventListener('click', go);
	svg.addEventListener('keydown', event => {
		const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
		if (by && points.length) {
			event.preventDefault();
			choose((Math.max(chosen, by > 0 ? -1 : 0) + by + points.length) % points.length);
		}
		if (event.key === 'Enter')
			go();
	});
}

/* Made when it is opened. */
function openFigure(live) {
	if (!live.open || live.dataset.made)
		return;
	live.dataset.made = 1;
	const views = JSON.parse(live.querySelector('script').textContent);
	const bar = document.createElement('p'), say = document.createElement('p');
	const box = document.createElement('div');
	box.className = 'panels';
	const view = {at: 0, off: {}, log: {}};
	const draw = () => {
		box.textContent = '';
		views[view.at].panels.forEach(panel => drawPanel(
			box.appendChild(document.createElement('div')), panel, view, say));
	};
	const button = (text, on, color, act) => {
		const made = bar.appendChild(document.createElement('button'));
		made.type = 'button';
		made.textContent = text;
		made.setAttribute('aria-pressed', on);
		if (color)
			made.style.borderLeft = '10px solid ' + color;
		made.addEventListener('click', () => {
			act(made.getAttribute('aria-pressed') !== 'true');
			draw();
		});
		return made;
	};
	const press = (made, on) => made.setAttribute('aria-pressed', on);
	const named = views.length > 1 ? views.map((one, i) => button('x: ' + one.name, i === 0, '', () => {
		named.forEach((other, k) => press(other, k === i));
		view.at = i;
		start();
	})) : [];
	const scales = ['x', 'y'].map(axis => button('log ' + axis, false, '', on => {
		view.log[axis] = on;
		press(scales[axis === 'x' ? 0 : 1], on);
	}));
	/* as the drawing has them, where all of its panels agree on it */
	const start = () => ['x', 'y'].forEach((axis, i) => {
		scales[i].hidden = views[view.at].panels.every(hasBoxes);
		view.log[axis] = views[view.at].panels.every(panel => panel[axis].log);
		press(scales[i], view.log[axis]);
	});
	const seen = {};
	views.forEach(one => one.panels.forEach(panel => panel.curves.forEach(curve => {
		if (seen[curve.name])
			return;
		seen[curve.name] = button(curve.name, true, curve.color, on => {
			view.off[curve.name] = !on;
			press(seen[curve.name], on);
		});
	})));
	say.setAttribute('role', 'status');
	say.textContent = 'A point shows its values; it leads to its cells.';
	start();
	live.append(bar, say, box);
	draw();
}

document.querySelectorAll('section').forEach(equip);
addEventListener('hashchange', follow);
follow();
document.querySelectorAll('details.live').forEach(live => {
	live.addEventListener('toggle', () => openFigure(live));
	if (/&?open/.test(location.hash))
		live.open = true;
});
