-- The elements of NotifyReport.reportData as rows.
CREATE OR REPLACE FUNCTION core.report_data(request jsonb)
RETURNS TABLE (component text, component_instance text, evse_no int, connector_no int, variable text, variable_instance text,
	attributes jsonb, characteristics jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT item #>> '{component,name}', coalesce(item #>> '{component,instance}', ''),
		coalesce((item #> '{component,evse,id}')::int, 0), coalesce((item #> '{component,evse,connectorId}')::int, 0),
		item #>> '{variable,name}', coalesce(item #>> '{variable,instance}', ''),
		item->'variableAttribute', item->'variableCharacteristics'
	FROM jsonb_array_elements(request->'reportData') AS item
$$;
COMMENT ON FUNCTION core.report_data IS 'The elements of reportData as rows';
