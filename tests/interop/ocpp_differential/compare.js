// compare.js - our decoder against ajv with the schemas of the npm package ocpp-rpc.
//
//     NODE_PATH=.../node_modules node compare.js OCPP_CHECK [SEED] [ROUNDS]
//
// Every payload gets a verdict from both.  They may differ only for a reason that stands in RULES.
// Where both refuse, our code and path must be among the faults that ajv finds; where both accept,
// what we encode must be the same JSON value.  Last lines: "ok NAME" or "not ok NAME why".
'use strict';

const { spawnSync } = require('node:child_process');
const { isDeepStrictEqual } = require('node:util');

const Ajv = require('ajv');
const addFormats = require('ajv-formats');
const schemas = require('ocpp-rpc/lib/schemas/ocpp2_0_1.json');

const { makeRandom, makeCase, mutations } = require('./generate.js');

// Where the verdicts may differ: always we who refuse and ajv that accepts.  `mutation` is what was done
// to the payload, `code` what we then say.
const RULES = [
	{ name: 'duplicate-member', mutation: 'duplicate-member', code: 'FormatViolation',
		why: 'a member that stands twice: JSON.parse keeps the last' },
	{ name: 'nul', mutation: 'nul-escape', code: 'FormatViolation', why: 'PostgreSQL stores no NUL' },
	{ name: 'lone-surrogate', mutation: 'lone-surrogate', code: 'FormatViolation', why: 'not a character' },
	{ name: 'integer-32-bit', mutation: 'integer-beyond-32-bits', code: 'PropertyConstraintViolation',
		why: 'part 2 has integers of 32 bits, no schema says so' },
	{ name: 'integer-rounded', mutation: 'integer-nearly', code: 'TypeConstraintViolation',
		why: 'JavaScript rounds it to an integer' },
	{ name: 'decimal-digits', mutation: 'decimal-digits', code: 'PropertyConstraintViolation',
		why: 'exact decimals have 18 digits' },
	{ name: 'time-offset-spelling', mutation: 'time-offset-spelling', code: 'PropertyConstraintViolation',
		why: 'RFC 3339 has +01:00, ajv takes +0100 and +01 too' },
	{ name: 'time-separator', mutation: 'time-separator', code: 'PropertyConstraintViolation',
		why: 'ajv takes any white space for the T' },
	{ name: 'time-range', mutation: 'time-range', code: 'PropertyConstraintViolation',
		why: 'years 0001 to 9999 in UTC, as PostgreSQL and our clock have them' },
];

const CODES = {
	additionalProperties: 'FormatViolation',
	enum: 'PropertyConstraintViolation',
	format: 'PropertyConstraintViolation',
	maxItems: 'OccurrenceConstraintViolation',
	maxLength: 'PropertyConstraintViolation',
	maximum: 'PropertyConstraintViolation',
	minItems: 'OccurrenceConstraintViolation',
	minimum: 'PropertyConstraintViolation',
	required: 'OccurrenceConstraintViolation',
	type: 'TypeConstraintViolation',
};

function step(name) {
	if (/^[0-9]+$/.test(name))
		return `[${name}]`;
	return /^[A-Za-z0-9_]+$/.test(name) ? `.${name}` : `["${name}"]`;
}

// An error of ajv as we would say it: code and path.
function translate(error) {
	const steps = error.instancePath.split('/').slice(1);

	if (error.keyword === 'required')
		steps.push(error.params.missingProperty);
	if (error.keyword === 'additionalProperties')
		steps.push(error.params.additionalProperty);
	const path = '$' + steps.map(step).join('');
	return `${path === '$' ? 'FormatViolation' : CODES[error.keyword]}\t${path}`;
}

// What ajv says: {accepts, faults}; text that is not JSON has a fault at a place of our own choice.
function refer(validate, text) {
	let value;

	try {
		// -0 is 0 to us, but not to isDeepStrictEqual().
		value = JSON.parse(text, (key, v) => (typeof v === 'number' ? v + 0 : v));
	} catch {
		return { accepts: false, faults: null };
	}
	if (validate(value))
		return { accepts: true, value };
	return { accepts: false, faults: validate.errors.map(translate) };
}

function makeCases(seed, rounds) {
	const ajv = new Ajv({ strictSchema: false, allErrors: true });
	const random = makeRandom(seed);
	const cases = [];

	addFormats(ajv);
	for (const schema of schemas) {
		// Without its $id, "urn:X.req", which newer versions of ajv take for a broken URN.
		const { $id, ...rest } = schema;
		const validate = ajv.compile(rest);
		const type = $id.replace('urn:', '').replace('.req', 'Request').replace('.conf', 'Response');

		for (let round = 0; round < rounds; round++) {
			for (const mutation of mutations) {
				const made = makeCase(schema, mutation, random);
				if (made !== null)
					cases.push({ type, ...made, reference: refer(validate, made.text), validate });
			}
		}
	}
	return cases;
}

function askDecoder(program, cases) {
	const input = cases.map((c) => `${c.type}\t${c.text}\n`).join('');
	const run = spawnSync(program, { input, maxBuffer: 1 << 30 });

	if (run.status !== 0)
		throw new Error(`${program}: exit ${run.status ?? run.signal} ${run.stderr}`);
	const lines = run.stdout.toString().split('\n').slice(0, -1);
	if (lines.length !== cases.length)
		throw new Error(`${lines.length} answers to ${cases.length} lines`);
	return lines;
}

// null when all is well, else [suite, what is wrong].
function judge(c, line, tally) {
	const [code, ...rest] = line.split('\t');
	const ours = code === 'ok';

	if (ours !== c.reference.accepts) {
		const rule = RULES.find((r) => r.mutation === c.mutation && r.code === code && !ours);
		if (rule === undefined)
			return ['verdicts', ours ? 'we accept, ajv refuses' : 'we refuse, ajv accepts'];
		tally.rules[rule.name] = (tally.rules[rule.name] ?? 0) + 1;
		return null;
	}
	if (ours) {
		tally.accepted++;
		const again = refer(c.validate, rest.join('\t'));
		return again.accepts && isDeepStrictEqual(again.value, c.reference.value) ? null :
			['encoding', 'what we encode is another value'];
	}
	tally.refused++;
	if (c.reference.faults === null)
		return code === 'FormatViolation' ? null : ['faults', 'not JSON, yet not a FormatViolation'];
	return c.reference.faults.includes(`${code}\t${rest[0]}`) ? null :
		['faults', `ajv says ${c.reference.faults.join('; ').replaceAll('\t', ' ')}`];
}

function main() {
	const [program, seed = '1', rounds = '10'] = process.argv.slice(2);
	const cases = makeCases(Number(seed), Number(rounds));
	const lines = askDecoder(program, cases);
	const tally = { accepted: 0, refused: 0, rules: {} };
	const wrong = { verdicts: [], faults: [], encoding: [], rules: [] };

	cases.forEach((c, i) => {
		const fault = judge(c, lines[i], tally);
		if (fault !== null)
			wrong[fault[0]].push(`${c.mutation}: ${fault[1]}\n  ${c.type} ${c.text}\n  ${lines[i]}`);
	});
	// A rule that explains nothing is a rule to be removed.
	RULES.filter((r) => !(r.name in tally.rules)).forEach((r) => wrong.rules.push(`${r.name} never applied`));
	console.log(`# seed ${seed}: ${cases.length} payloads over ${schemas.length} schemas, ` +
		`both accept ${tally.accepted}, both refuse ${tally.refused}`);
	RULES.forEach((r) => console.log(`# rule ${r.name}: ${tally.rules[r.name] ?? 0} (${r.why})`));
	for (const [name, list] of Object.entries(wrong)) {
		list.slice(0, 10).forEach((text) => console.log(`# ${text}`.replaceAll('\n', '\n# ')));
		console.log(list.length === 0 ? `ok ocpp_differential/${name}` :
			`not ok ocpp_differential/${name}: ${list.length} cases`);
	}
	process.exitCode = Object.values(wrong).every((list) => list.length === 0) ? 0 : 1;
}

main();
