-- Energy is exact, whatever unit and multiplier; only the whole flow at the outlet counts.
BEGIN;
SELECT station AS s, connection AS c FROM t.station('CS1') \gset
CREATE FUNCTION pg_temp.energy(s bigint, VARIADIC samples jsonb[]) RETURNS numeric[] LANGUAGE plpgsql AS $$
DECLARE
	tx text := 'E' || nextval('pg_temp.e');
	n int := cardinality(samples);
BEGIN
	FOR i IN 1 .. n LOOP
		PERFORM core.take_transaction_event(s, 1, now(), t.event(CASE i WHEN 1 THEN 'Started' WHEN n THEN 'Ended' ELSE 'Updated' END, i,
			format('2026-03-01T10:00:%sZ', lpad(i::text, 2, '0')),
			jsonb_build_object('meterValue', t.meter(format('2026-03-01T10:00:%sZ', lpad(i::text, 2, '0')), samples[i])), tx));
	END LOOP;
	RETURN (SELECT ARRAY[core.energy_charged_wh(x), core.energy_discharged_wh(x)] FROM core.transaction x WHERE x.transaction_id = tx);
END
$$;
CREATE TEMP SEQUENCE e;
SELECT t.is(:'name' || '/' || what, pg_temp.energy(:s, VARIADIC samples::jsonb[]), want) FROM (VALUES
	('wh', ARRAY['{"value": 0.1}', '{"value": 0.2}', '{"value": 0.4}'], '{0.3,0}'::numeric[]),
	('exact-decimals', ARRAY['{"value": 123456789012.123456789}', '{"value": 123456789012.123456790}'], '{0.000000001,0}'),
	('kwh', ARRAY['{"value": 1.001, "unitOfMeasure": {"unit": "kWh"}}', '{"value": 2.0025, "unitOfMeasure": {"unit": "kWh"}}'], '{1001.5,0}'),
	('kwh-multiplier', ARRAY['{"value": 12345, "unitOfMeasure": {"unit": "kWh", "multiplier": -4}}', '{"value": 1234.6, "unitOfMeasure": {"unit": "Wh"}}'],
		'{0.1,0}'),
	('mixed-units', ARRAY['{"value": 1, "unitOfMeasure": {"unit": "kWh"}}', '{"value": 1250, "unitOfMeasure": {"unit": "Wh"}}'], '{250,0}'),
	('export', ARRAY['{"value": 5, "measurand": "Energy.Active.Export.Register"}', '{"value": 17.5, "measurand": "Energy.Active.Export.Register"}'],
		'{0,12.5}'),
	('one-reading', ARRAY['{"value": 5}', '{"value": 7, "measurand": "SoC"}'], '{0,0}'),
	('backwards', ARRAY['{"value": 500}', '{"value": 7}'], '{0,0}'),
	('phase-left-out', ARRAY['{"value": 1}', '{"value": 100, "phase": "L1"}', '{"value": 3}'], '{2,0}'),
	('inlet-left-out', ARRAY['{"value": 1}', '{"value": 3}', '{"value": 100, "location": "EV"}'], '{2,0}'),
	('outlet-named', ARRAY['{"value": 1, "location": "Outlet"}', '{"value": 3, "location": "Outlet"}'], '{2,0}'),
	('unit-unknown', ARRAY['{"value": 1}', '{"value": 3}', '{"value": 100, "unitOfMeasure": {"unit": "furlong"}}'], '{2,0}'),
	('multiplier-beyond-reason', ARRAY['{"value": 1}', '{"value": 3}', '{"value": 1, "unitOfMeasure": {"multiplier": 2147483647}}'], '{2,0}'),
	('value-beyond-reason', ARRAY['{"value": 1}', '{"value": 3}', '{"value": 1e300}'], '{2,0}'),
	('intervals', ARRAY['{"value": 1.5, "measurand": "Energy.Active.Import.Interval"}', '{"value": 2.5, "measurand": "Energy.Active.Import.Interval"}',
		'{"value": 4, "measurand": "Energy.Active.Import.Interval", "context": "Transaction.End"}'], '{8,0}'),
	('intervals-repeated-in-ended', ARRAY['{"value": 1.5, "measurand": "Energy.Active.Export.Interval"}',
		'{"value": 2.5, "measurand": "Energy.Active.Export.Interval"}', '{"value": 2.5, "measurand": "Energy.Active.Export.Interval"}'], '{0,4.0}')
) AS x (what, samples, want);
-- Without a name the unit is Wh.
SELECT t.is(:'name' || '/multiplier', pg_temp.energy(:s, '{"value": 1, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}',
	'{"value": 2500000, "unitOfMeasure": {"multiplier": -3}}'), '{1500,0}');

-- All samples of a transaction in Ended.
SELECT core.take_transaction_event(:s, :c, now(), t.event('Ended', 9, '2026-03-01T11:00:00Z', jsonb_build_object('meterValue',
	t.meter('2026-03-01T10:30:00Z', '{"value": 20}') || t.meter('2026-03-01T10:00:00Z', '{"value": 11.5}')
	|| t.meter('2026-03-01T11:00:00Z', '{"value": 30}') || t.meter('2026-03-01T10:45:00Z', '{"value": 25}')), 'all'));
SELECT t.is(:'name' || '/all-in-ended', (SELECT core.energy_charged_wh(x) FROM core.transaction x WHERE transaction_id = 'all'), 18.5);

-- The fleet's totals: before and after settling, and after a late event.
SELECT sum(core.energy_charged_wh(x)) AS charged, sum(core.energy_discharged_wh(x)) AS discharged,
	sum((state = 'ended')::int) AS ended FROM core.transaction x \gset
SELECT t.is(:'name' || '/fleet', (SELECT (energy_charged_wh, energy_discharged_wh, sessions_ended::numeric) FROM report.fleet_now),
	(:charged::numeric, :discharged::numeric, :ended::numeric));
SELECT t.is(:'name' || '/settled', core.transactions_settle(), :ended::bigint);
SELECT t.is(:'name' || '/settled-again', core.transactions_settle(), 0::bigint);
SELECT t.is(:'name' || '/fleet-settled', (SELECT (energy_charged_wh, energy_discharged_wh, sessions_ended::numeric) FROM report.fleet_now),
	(:charged::numeric, :discharged::numeric, :ended::numeric));
SELECT core.take_transaction_event(:s, :c, now(), t.event('Updated', 10, '2026-03-01T11:00:01Z', jsonb_build_object('offline', true, 'meterValue',
	t.meter('2026-03-01T11:00:01Z', '{"value": 31.5}')), 'all'));
SELECT t.is(:'name' || '/fleet-late-event', (SELECT (energy_charged_wh, energy_discharged_wh, sessions_ended::numeric) FROM report.fleet_now),
	(:charged::numeric + 1.5, :discharged::numeric, :ended::numeric));
SELECT core.transactions_settle();
SELECT t.is(:'name' || '/fleet-late-event-settled', (SELECT (energy_charged_wh, energy_discharged_wh, sessions_ended::numeric) FROM report.fleet_now),
	(:charged::numeric + 1.5, :discharged::numeric, :ended::numeric));
SELECT t.is(:'name' || '/total-is-the-sum', (SELECT (ended::numeric, charged_wh, discharged_wh) FROM core.session_total),
	(SELECT (sum(settled_ended)::numeric, sum(settled_charged_wh), sum(settled_discharged_wh)) FROM core.transaction));
ROLLBACK;
