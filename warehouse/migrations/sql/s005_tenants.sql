-- A reader sees the payors that `ops.bi_login` gives its login; the reader cannot write that table,
-- and has no USAGE on `ops`, so it reaches these rows through the views of `bi` only.
alter table ops.bi_login enable row level security;
alter table ops.bi_login force row level security;
create policy own on ops.bi_login for select using (role_name = current_user);
create policy owner on ops.bi_login to current_user using (true) with check (true);
grant select on ops.bi_login to ${bi}, ${reporter};

do $$
declare
    relation text;
begin
    foreach relation in array array['payor', 'release', 'release_pointer', 'run', 'gate_result'] loop
        execute format('alter table ops.%I enable row level security', relation);
        execute format('alter table ops.%I force row level security', relation);
        execute format(
            'create policy pipeline on ops.%I to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, '
            '${reporter}, current_user using (true) with check (true)', relation
        );
        execute format(
            'create policy tenant on ops.%I for select to ${bi} using (payor_id in ('
            'select l.payor_id from ops.bi_login as l where l.role_name = current_user))', relation
        );
    end loop;
end;
$$;

grant select (payor_id, name) on ops.payor to ${bi};
grant select on ops.release, ops.release_pointer, ops.run, ops.gate_result, ops.check_register to ${bi};
grant select on reference.procedure_family, reference.diagnosis_code, reference.country,
reference.currency to ${bi};

-- Health is read live: it cannot sit behind the gate that it reports on.
create view bi.release_status with (security_invoker = true) as
with

readable as (
    select payor_id
    from ops.bi_login
    where role_name = current_user
),

last_run as (
    select distinct on (payor_id)
        payor_id,
        run_epoch,
        as_of,
        state,
        reason,
        blocked_by
    from ops.run
    order by payor_id, run_epoch desc
),

newest as (
    select payor_id, max(release_id) as release_id
    from ops.release
    group by payor_id
)

select
    p.payor_id,
    p.name as payor_name,
    r.release_id,
    r.as_of,
    case
        when r.release_id is null then 'none'
        when r.release_id < n.release_id then 'rolled_back'
        else 'current'
    end as published_state,
    l.run_epoch as last_run_epoch,
    l.as_of as last_run_as_of,
    l.state as last_run_state,
    l.reason as last_run_reason,
    l.blocked_by
from ops.payor as p
inner join readable as a on p.payor_id = a.payor_id
left join ops.release_pointer as t on p.payor_id = t.payor_id
left join ops.release as r on t.release_id = r.release_id
left join newest as n on p.payor_id = n.payor_id
left join last_run as l on p.payor_id = l.payor_id;

create view bi.mart_data_health with (security_invoker = true) as
with

readable as (
    select payor_id
    from ops.bi_login
    where role_name = current_user
),

last_run as (
    select distinct on (payor_id) payor_id, run_epoch, as_of
    from ops.run
    order by payor_id, run_epoch desc
)

select
    l.payor_id,
    l.as_of,
    l.run_epoch,
    c.gate,
    c.check_id,
    c.severity,
    coalesce(g.verdict, 'NOT_RUN') as verdict,
    g.rows_evaluated,
    g.rows_failed,
    g.reason
from last_run as l
inner join readable as a on l.payor_id = a.payor_id
cross join ops.check_register as c
left join ops.gate_result as g
    on l.payor_id = g.payor_id
    and l.run_epoch = g.run_epoch
    and c.check_id = g.check_id;

create view bi.dim_procedure_family with (security_invoker = true) as
select family_id, label, window_months, provisional_months, min_defer_months, condition_group
from reference.procedure_family;

create view bi.dim_diagnosis_code with (security_invoker = true) as
select
    code_system, code, category, concept_code, is_symptom, is_unspecified, condition_group, label,
    valid_from, valid_to
from reference.diagnosis_code;

create view bi.dim_country with (security_invoker = true) as
select country_code, region
from reference.country;

create view bi.dim_currency with (security_invoker = true) as
select currency_code, minor_units
from reference.currency;

grant select on all tables in schema bi to ${bi}, ${reporter};
alter default privileges in schema bi grant select on tables to ${bi}, ${reporter};
