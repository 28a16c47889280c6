-- Schemas of one payor. `raw_` belongs to the owner and only grows; `kept_` shows of it what no
-- steward has withdrawn, and is what every figure rests on; `work_` is the transformer's.
create schema ${kept};
create schema ${work} authorization ${transformer};

grant usage on schema ${raw} to ${loader}, ${transformer}, ${gatekeeper};
alter default privileges in schema ${raw} grant select, insert on tables to ${loader};
alter default privileges in schema ${raw} grant select on tables to ${transformer}, ${gatekeeper};

grant usage on schema ${kept} to ${loader}, ${transformer}, ${gatekeeper};
alter default privileges in schema ${kept}
grant select on tables to ${loader}, ${transformer}, ${gatekeeper};

grant usage on schema ${work} to ${gatekeeper}, ${publisher};
alter default privileges for role ${transformer} in schema ${work}
grant select on tables to ${gatekeeper}, ${publisher};

create table ${work}.run_context (
    is_only boolean primary key default true check (is_only),
    payor_id text not null,
    as_of date not null,
    run_epoch bigint not null,
    basis_id bigint,
    change_high_water bigint,
    input_hash text,
    currency_code text not null,
    minor_units integer not null,
    runout_months integer not null,
    member_month_rule text not null,
    service_code_system text not null,
    adjustments text not null,
    charge_level text not null,
    claim_suffix text not null,
    reversal_sign text not null,
    service_date_grain text not null,
    country_code text not null,
    region text not null,
    payor_name text not null,
    time_zone text not null,
    fee_pepm numeric(18, 4) not null,
    fee_implementation numeric(18, 4) not null,
    contract_start date,
    contract_months integer not null
);
grant select on ${work}.run_context to ${transformer}, ${gatekeeper};
grant update (basis_id) on ${work}.run_context to ${transformer};
grant select, insert, update, delete on ${work}.run_context to ${publisher};
