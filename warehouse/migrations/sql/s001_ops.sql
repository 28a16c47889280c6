-- Bookkeeping of the warehouse: payors, receipts, changes, runs, verdicts, releases.
create schema vault;
create schema reference;
create schema mart;
create schema bi;

create table ops.installation (
    is_only boolean primary key default true check (is_only),
    reference_hash text not null default '',
    register_hash text not null default '',
    contract_version text not null default ''
);
insert into ops.installation default values;

create table ops.payor (
    payor_id text primary key check (payor_id ~ '^[a-z][a-z0-9_]{1,30}$'),
    name text not null,
    country_code text not null,
    region text not null check (
        region in ('north_america', 'europe', 'asia_pacific', 'latin_america', 'middle_east_africa')
    ),
    currency_code text not null,
    time_zone text not null,
    runout_months integer not null check (runout_months between 0 and 36),
    member_month_rule text not null,
    service_code_system text not null,
    adjustments text not null check (adjustments in ('replacement', 'reversal_pair', 'none')),
    charge_level text not null check (charge_level in ('line', 'header_institutional')),
    claim_suffix text not null,
    reversal_sign text not null check (reversal_sign in ('negative', 'unsigned')),
    service_date_grain text not null default 'day' check (service_date_grain in ('day', 'month', 'quarter')),
    fee_pepm numeric(18, 4) not null,
    fee_implementation numeric(18, 4) not null,
    contract_start date,
    contract_months integer not null check (contract_months >= 0),
    config_hash text not null
);

create table ops.bi_login (
    role_name text not null,
    payor_id text not null references ops.payor,
    primary key (role_name, payor_id)
);

create table ops.receipt (
    receipt_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    feed text not null,
    layout text not null,
    file_alias text not null generated always as (feed || '_' || left(file_sha256, 8)) stored,
    file_sha256 text not null,
    plaintext_sha256 text,
    bytes bigint,
    state text not null check (state in ('received', 'loaded', 'refused', 'duplicate')),
    code text,
    lines bigint,
    header_lines bigint,
    trailer_lines bigint,
    blank_lines bigint,
    accepted bigint,
    quarantined bigint,
    control_total numeric,
    business_date date,
    duplicate_of bigint references ops.receipt,
    recorded_at timestamptz not null default now()
);
create unique index receipt_loaded_once on ops.receipt (payor_id, feed, plaintext_sha256)
where state = 'loaded';

create table ops.quarantine (
    quarantine_id bigint generated always as identity primary key,
    payor_id text not null,
    receipt_id bigint not null references ops.receipt,
    record_no integer not null,
    code text not null,
    field text,
    state text not null default 'quarantined'
);
create index quarantine_by_receipt on ops.quarantine (receipt_id);

-- xid lets a run tell apart the changes that were committed when its inputs were sealed from those
-- of a load that took a lower change_id but committed later.
create table ops.change (
    change_id bigint generated always as identity primary key,
    payor_id text not null,
    entity text not null check (entity in ('claim_family', 'person', 'case', 'basis', 'reference')),
    key text not null,
    cause text not null check (
        cause in ('receipt', 'clock', 'steward', 'linkage', 'reference', 'code', 'basis')
    ),
    receipt_id bigint,
    released_in bigint,
    xid xid8 not null default pg_current_xact_id()
);
create index change_pending on ops.change (payor_id, entity, change_id) where released_in is null;

create table ops.run_fence (
    payor_id text primary key references ops.payor,
    run_epoch bigint not null
);

create table ops.run (
    payor_id text not null references ops.payor,
    run_epoch bigint not null,
    as_of date not null,
    state text not null check (state in ('open', 'published', 'unchanged', 'blocked', 'failed')),
    reason text,
    blocked_by text[],
    input_hash text,
    basis_id bigint,
    code_revision text,
    contract_version text,
    reference_hash text,
    code_systems text [] not null default '{}',
    change_high_water bigint,
    sealed_snapshot pg_snapshot,
    recorded_at timestamptz not null default now(),
    primary key (payor_id, run_epoch)
);

create table ops.release (
    release_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    as_of date not null,
    run_epoch bigint not null,
    input_hash text not null,
    basis_id bigint,
    reference_hash text not null,
    reference_versions jsonb not null default '{}',
    -- of the diagnoses that were there when the inputs were sealed; no array, which dbt's unit tests
    -- cannot make up
    code_systems jsonb not null default '[]',
    contract_version text not null,
    code_revision text not null,
    register_hash text not null,
    rows_opened bigint not null default 0,
    rows_closed bigint not null default 0,
    recorded_at timestamptz not null default now()
);
create index release_by_payor on ops.release (payor_id, release_id);

create table ops.release_pointer (
    payor_id text primary key references ops.payor,
    release_id bigint not null references ops.release
);

create table ops.release_event (
    event_id bigint generated always as identity primary key,
    payor_id text not null,
    action text not null check (action in ('publish', 'rollback')),
    from_release bigint,
    to_release bigint not null,
    recorded_at timestamptz not null default now()
);

create table ops.check_register (
    check_id text primary key,
    gate text not null check (gate in ('raw', 'intermediate', 'marts')),
    severity text not null check (severity in ('S1', 'S2', 'S3')),
    owner text not null,
    min_rows bigint not null,
    definition jsonb not null
);

create table ops.gate_result (
    payor_id text not null,
    run_epoch bigint not null,
    check_id text not null,
    verdict text not null check (
        verdict in ('PASS', 'FAIL', 'ERROR', 'NOT_RUN', 'NOT_APPLICABLE')
    ),
    rows_evaluated bigint,
    rows_failed bigint,
    reason text,
    input_hash text,
    register_hash text not null,
    recorded_at timestamptz not null default now(),
    primary key (payor_id, run_epoch, check_id)
);

create table ops.basis (
    basis_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    estimated_as_of date not null,
    plan_version text not null
);

create table ops.basis_parameter (
    payor_id text not null,
    basis_id bigint not null references ops.basis,
    kind text not null,
    family_id text not null default '',
    perspective text not null default '',
    cell text not null default '',
    month integer not null default 0,
    value numeric(20, 8) not null,
    se numeric(20, 8),
    n integer,
    source text,
    primary key (payor_id, basis_id, kind, family_id, perspective, cell, month)
);

create table ops.mart_contract (
    relation text primary key,
    key_columns text[] not null,
    columns text[] not null,
    touch_entity text not null check (touch_entity in ('case', 'whole')),
    contract_version text not null
);

create table vault.person (
    payor_id text not null references ops.payor,
    member_id text not null,
    person_key uuid not null default gen_random_uuid(),
    primary key (payor_id, member_id)
);
create unique index person_by_key on vault.person (payor_id, person_key);
