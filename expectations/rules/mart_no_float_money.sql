-- One row per column about to be published: no floating-point column, so no money is inexact.
select attribute.atttypid in ('float4'::regtype, 'float8'::regtype) as failed
from pg_catalog.pg_attribute as attribute
inner join pg_catalog.pg_class as relation on relation.oid = attribute.attrelid
inner join pg_catalog.pg_namespace as place on place.oid = relation.relnamespace
where place.nspname = '{work}'
    and (relation.relname like 'fct\_%' or relation.relname like 'mart\_%'
        or relation.relname like 'dim\_%')
    and relation.relkind in ('r', 'm', 'v')
    and attribute.attnum > 0
    and not attribute.attisdropped
