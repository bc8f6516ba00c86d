// generate.js - payloads for a JSON schema: valid ones, and ones with exactly one fault.
//
// A payload is first a tree of nodes {kind: 'object'|'array'|'raw', schema, required...}, so that a
// mutation can find a place for itself; it is written out with varying white space and escapes.
'use strict';

// mulberry32: small, and the same everywhere.
function makeRandom(seed) {
	let a = seed >>> 0;
	const next = () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	return {
		below: (n) => Math.floor(next() * n),
		chance: (p) => next() < p,
		pick(list) { return list[this.below(list.length)]; },
	};
}

const CHARACTERS = ['a', 'Z', '0', ' ', '/', '"', '\\', '\n', '\u0001', '\u007f', 'ä', 'ß', '€', '中',
	'\u{1F600}', '\u{10FFFF}'];
const TIMES = ['2026-03-01T12:34:56Z', '2026-03-01T12:34:56.789Z', '2024-02-29T00:00:00+05:30',
	'1999-12-31T23:59:59.999999999-23:59', '2026-03-01t12:34:56z', '2026-03-01 12:34:56Z',
	'2016-12-31T23:59:60Z', '2016-12-31T18:59:60-05:00', '2000-02-29T00:00:00.0Z',
	'2026-03-01T12:34:56-00:00', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z'];
const DECIMALS = ['0', '-0', '1', '-1.5', '100', '1.50', '12345.678', '1e3', '2.5E-2', '0.000001',
	'123456789012345678', '0.123456789012345', '-1e18', '1e-18'];
const FREE_FORM = ['null', 'true', '1e5', '"x"', '[]', '{}', '[1,{"a":[null]}]', '{"a":{"b":"ä"},"c":[1,2]}'];

// One character as JSON writes it, sometimes as an escape that it does not need.
function spell(random, c) {
	const plain = JSON.stringify(c).slice(1, -1);

	if (!random.chance(0.05))
		return plain;
	return [...Array(c.length).keys()]
		.map((i) => '\\u' + c.charCodeAt(i).toString(16).padStart(4, '0')).join('');
}

function stringText(random, length) {
	let text = '';

	for (let i = 0; i < length; i++)
		text += spell(random, random.chance(0.7) ? random.pick('abcXYZ0189-_') : random.pick(CHARACTERS));
	return `"${text}"`;
}

function quote(random, value) {
	return `"${[...value].map((c) => spell(random, c)).join('')}"`;
}

function makeInstances(schema, random) {
	const resolve = (s) => {
		return s.$ref === undefined ? s : schema.definitions[s.$ref.split('/').pop()];
	};

	function scalar(s) {
		if (s.enum !== undefined)
			return quote(random, random.pick(s.enum));
		switch (s.type) {
		case 'string':
			if (s.format === 'date-time')
				return quote(random, random.pick(TIMES));
			return stringText(random, Math.min(s.maxLength ?? 30, random.below(random.chance(0.1) ? 60 : 12)));
		case 'integer': {
			const low = s.minimum ?? -1000, high = s.maximum ?? 1000000;
			const value = low + random.below(high - low + 1);
			return random.chance(0.1) ? `${value}.0` : `${value}`;
		}
		case 'number':
			return s.minimum === undefined && s.maximum === undefined ? random.pick(DECIMALS) : '0';
		case 'boolean':
			return random.pick(['true', 'false']);
		default:
			return random.pick(FREE_FORM);
		}
	}

	function make(unresolved, density) {
		const s = resolve(unresolved);

		if (s.type === 'array') {
			const most = Math.min(s.maxItems ?? 3, 3), items = [];
			for (let n = (s.minItems ?? 0) + random.below(most - (s.minItems ?? 0) + 1); n > 0; n--)
				items.push(make(s.items, density));
			return { kind: 'array', schema: s, items };
		}
		if (s.type !== 'object')
			return { kind: 'raw', schema: s, text: scalar(s) };
		const members = [];
		for (const [name, property] of Object.entries(s.properties)) {
			if ((s.required ?? []).includes(name) || random.chance(density))
				members.push({ name, node: make(property, density * 0.8) });
		}
		if (s.additionalProperties !== false && random.chance(0.5))
			members.push({ name: 'extra', node: { kind: 'raw', schema: {}, text: random.pick(FREE_FORM) } });
		if (random.chance(0.3))
			members.reverse();
		return { kind: 'object', schema: s, members };
	}
	return make({ type: 'object', ...schema }, random.pick([0, 0.3, 0.6, 1]));
}

function write(node, random) {
	const space = () => (random.chance(0.02) ? random.pick([' ', '\r', '  ']) : '');

	switch (node.kind) {
	case 'raw':
		return space() + node.text + space();
	case 'array':
		return `[${node.items.map((item) => write(item, random)).join(',')}${space()}]`;
	default:
		return `{${node.members.map((m) =>
			`${space()}${m.text ?? quote(random, m.name)}${space()}:${write(m.node, random)}`).join(',')}}`;
	}
}

// All places of the tree: the node, and how to put another one in its stead.
function places(root) {
	const found = [];
	const visit = (node, owner, replace) => {
		found.push({ node, owner, replace });
		if (node.kind === 'array')
			node.items.forEach((item, i) => visit(item, node, (n) => { node.items[i] = n; }));
		if (node.kind === 'object')
			node.members.forEach((m) => visit(m.node, node, (n) => { m.node = n; }));
	};

	visit(root, null, null);
	return found;
}

const raw = (text) => ({ kind: 'raw', schema: {}, text });
const inside = (p) => p.replace !== null && p.node.schema.type !== undefined;
const isString = (p) => p.node.schema.type === 'string' && p.node.schema.enum === undefined &&
	p.node.schema.format === undefined && p.node.kind === 'raw';
const isTime = (p) => p.node.schema.format === 'date-time';
const isInteger = (p) => p.node.schema.type === 'integer';
const isDecimal = (p) => p.node.schema.type === 'number';
const isObject = (p) => p.node.kind === 'object';
const isClosed = (p) => isObject(p) && p.node.schema.additionalProperties === false;

// Each changes one place.  `where` says which places will do.
const MUTATIONS = {
	'drop-required': {
		where: (p) => isObject(p) && p.node.members.some((m) => (p.node.schema.required ?? []).includes(m.name)),
		apply(p, random) {
			const drop = random.pick(p.node.members.filter((m) => p.node.schema.required.includes(m.name)));
			p.node.members = p.node.members.filter((m) => m !== drop);
		},
	},
	'unknown-member': {
		where: isClosed,
		apply(p, random) {
			const name = random.pick(['foo', 'Status', 'vendorid', 'ä', '', 'customdata', '__proto__']);
			p.node.members.splice(random.below(p.node.members.length + 1), 0,
				{ name, node: raw(random.pick(FREE_FORM)) });
		},
	},
	'duplicate-member': {
		where: (p) => isObject(p) && p.node.members.some((m) => m.name in p.node.schema.properties),
		apply(p, random) {
			p.node.members.push({ ...random.pick(p.node.members.filter((m) => m.name in p.node.schema.properties)) });
		},
	},
	'wrong-type': {
		where: inside,
		apply(p, random) {
			const type = p.node.schema.type;
			p.replace(raw(random.pick([['"x"', 'string'], ['1', 'integer'], ['1.5', 'number'], ['true', 'boolean'],
				['{}', 'object'], ['[1]', 'array']]
				.filter(([, t]) => t !== type && !(t === 'integer' && type === 'number'))
				.map(([text]) => text))));
		},
	},
	'null': { where: inside, apply(p) { p.replace(raw('null')); } },
	'number-as-string': {
		where: (p) => isInteger(p) || isDecimal(p),
		apply(p) { p.replace(raw(`"${p.node.text}"`)); },
	},
	'boolean-as-number': {
		where: (p) => p.node.schema.type === 'boolean',
		apply(p, random) { p.replace(raw(random.pick(['0', '1', '"true"']))); },
	},
	'item-without-list': {
		where: (p) => p.node.kind === 'array' && p.replace !== null && p.node.items[0] !== undefined,
		apply(p) { p.replace(p.node.items[0]); },
	},
	'list-of-scalar': {
		where: (p) => inside(p) && p.node.kind === 'raw',
		apply(p) { p.replace({ kind: 'array', schema: {}, items: [p.node] }); },
	},
	'empty-list': {
		where: (p) => p.node.kind === 'array' && p.node.schema.minItems > 0,
		apply(p) { p.node.items = []; },
	},
	'list-too-long': {
		where: (p) => p.node.schema.maxItems < 10,
		apply(p) {
			while (p.node.items.length <= p.node.schema.maxItems)
				p.node.items.push(p.node.items[0]);
		},
	},
	'list-as-long-as-allowed': {
		where: (p) => p.node.schema.maxItems < 10,
		apply(p) {
			while (p.node.items.length < p.node.schema.maxItems)
				p.node.items.push(p.node.items[0]);
		},
	},
	'string-too-long': {
		where: (p) => isString(p) && p.node.schema.maxLength !== undefined,
		apply(p, random) { p.replace(raw(stringText(random, p.node.schema.maxLength + 1))); },
	},
	'string-as-long-as-allowed': {
		where: (p) => isString(p) && p.node.schema.maxLength !== undefined,
		apply(p, random) { p.replace(raw(stringText(random, p.node.schema.maxLength))); },
	},
	'enum-value': {
		where: (p) => p.node.schema.enum !== undefined,
		apply(p, random) {
			const value = random.pick(p.node.schema.enum);
			const other = random.pick([value.toLowerCase(), value.toUpperCase(), value + 'x', ' ' + value, '',
				value.slice(0, -1)]);
			p.replace(raw(quote(random, p.node.schema.enum.includes(other) ? 'NoSuchValue' : other)));
		},
	},
	'below-minimum': {
		where: (p) => p.node.schema.minimum !== undefined,
		apply(p) { p.replace(raw(`${p.node.schema.minimum - 1}`)); },
	},
	'above-maximum': {
		where: (p) => p.node.schema.maximum !== undefined,
		apply(p) { p.replace(raw(`${p.node.schema.maximum + 1}`)); },
	},
	'at-bound': {
		where: (p) => p.node.schema.minimum !== undefined,
		apply(p, random) {
			p.replace(raw(`${random.pick([p.node.schema.minimum, p.node.schema.maximum ?? 5])}`));
		},
	},
	'fraction-for-integer': {
		where: isInteger,
		apply(p, random) { p.replace(raw(random.pick(['1.5', '-0.1', '1e-1', '0.25e1']))); },
	},
	'integral-spelling': {
		where: (p) => isInteger(p) && p.node.schema.maximum === undefined,
		apply(p, random) { p.replace(raw(random.pick(['1.0', '1e2', '1.5e1', '-0', '1200e-2', '2147483647']))); },
	},
	'integer-beyond-32-bits': {
		where: (p) => isInteger(p) && p.node.schema.maximum === undefined,
		apply(p, random) { p.replace(raw(random.pick(['2147483648', '1e10', '9007199254740993', '4294967297']))); },
	},
	'integer-nearly': {
		where: isInteger,
		apply(p) { p.replace(raw('1.00000000000000000000001')); },
	},
	'decimal-digits': {
		where: isDecimal,
		apply(p, random) { p.replace(raw(random.pick(['1234567890123456789', '0.1234567890123456789', '1e-19', '1e19']))); },
	},
	'bad-time': {
		where: isTime,
		apply(p, random) {
			p.replace(raw(quote(random, random.pick(['', 'yesterday', '2026-03-01', '2026-03-01T12:34:56', '2026-02-29T00:00:00Z',
				'2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-04-31T00:00:00Z', '2026-03-01T24:00:00Z',
				'2026-03-01T12:60:00Z', '2026-03-01T12:34:61Z', '2026-03-01T12:34:60Z', '2026-03-01T12:34:56.Z',
				'2026-03-01T12:34Z', '26-03-01T12:34:56Z', '2026-3-1T12:34:56Z', '2026-03-01T12:34:56+24:00',
				'2026-03-01T12:34:56+01:60', '2026-03-01T12:34:56Z ', '2026-03-01_12:34:56Z',
				'1900-02-29T00:00:00Z', '2026-03-01T12:34:56,5Z']))));
		},
	},
	'time-offset-spelling': {
		where: isTime,
		apply(p, random) { p.replace(raw(random.pick(['"2026-03-01T12:34:56+0100"', '"2026-03-01T12:34:56-05"']))); },
	},
	'time-separator': {
		where: isTime,
		apply(p) { p.replace(raw('"2026-03-01\\u00a012:34:56Z"')); },
	},
	'time-range': {
		where: isTime,
		apply(p, random) {
			p.replace(raw(random.pick(['"0000-06-01T00:00:00Z"', '"0001-01-01T00:00:00+00:01"',
				'"9999-12-31T23:59:59-00:01"', '"9999-12-31T23:59:60Z"'])));
		},
	},
	'custom-data-without-vendor': {
		where: isClosed,
		apply(p) { setCustomData(p.node, raw('{"x":1}')); },
	},
	'custom-data-free': {
		where: isClosed,
		apply(p, random) {
			setCustomData(p.node, raw(`{"a":${random.pick(FREE_FORM)},"vendorId":"org.example","b":{"vendorId":1}}`));
		},
	},
	'custom-data-empty': { where: isClosed, apply(p) { setCustomData(p.node, raw('{}')); } },
	'nul-escape': { where: isString, apply(p) { p.replace(raw('"\\u0000"')); } },
	'lone-surrogate': {
		where: isString,
		apply(p, random) { p.replace(raw(random.pick(['"\\ud800"', '"\\udc00"', '"\\ud83dx"']))); },
	},
	'payload-not-an-object': {
		where: (p) => p.replace === null,
		apply(p, random) { Object.assign(p.node, raw(random.pick(['[]', 'null', '"x"', '1', 'true']))); },
	},
	'not-json': {
		where: (p) => inside(p) && p.node.kind === 'raw',
		apply(p, random) {
			p.replace(raw(random.pick(['', '01', '+1', '.5', '1.', 'NaN', '\'x\'', 'tru', '"\\x"', '"\t"', '[1,]', '{"a"}', '/**/1'])));
		},
	},
};

function setCustomData(node, value) {
	node.members = node.members.filter((m) => m.name !== 'customData');
	node.members.push({ name: 'customData', node: value });
}

const CUTS = {
	'cut-short': (text, random) => text.slice(0, random.below(text.length)),
	'text-after': (text, random) => text + random.pick([' x', '}', ',', '{}', '1']),
};

// {mutation, text}, or null when the schema has no place for that mutation.
function makeCase(schema, mutation, random) {
	for (let attempt = 0; attempt < 3; attempt++) {
		const root = makeInstances(schema, random);

		if (mutation === 'valid' || mutation in CUTS) {
			const text = write(root, random);
			return { mutation, text: mutation === 'valid' ? text : CUTS[mutation](text, random) };
		}
		const able = places(root).filter(MUTATIONS[mutation].where);
		if (able.length === 0)
			continue;
		MUTATIONS[mutation].apply(random.pick(able), random);
		return { mutation, text: write(root, random) };
	}
	return null;
}

module.exports = { makeRandom, makeCase, mutations: ['valid', ...Object.keys(MUTATIONS), ...Object.keys(CUTS)] };
