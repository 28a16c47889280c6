-- Reference data; loaded from warehouse/reference/*.csv by `init`.
create table reference.file (
    name text primary key,
    sha256 text not null,
    row_count bigint not null
);

create table reference.procedure_family (
    family_id text primary key,
    label text not null,
    window_months integer not null,
    provisional_months integer not null,
    min_defer_months integer not null,
    condition_group text not null
);

create table reference.procedure_code (
    payor_id text references ops.payor,
    code_system text not null,
    code_prefix text not null,
    family_id text not null references reference.procedure_family,
    extent_rank integer not null,
    laterality text not null check (laterality in ('left', 'right', '')),
    excluded_qualifier text not null,
    effective_from date not null,
    effective_to date,
    licence_class text not null
);
create unique index procedure_code_once on reference.procedure_code (
    payor_id, code_system, code_prefix, family_id, effective_from
) nulls not distinct;

create table reference.family_related (
    family_id text not null references reference.procedure_family,
    code_system text not null,
    code_prefix text not null,
    role text not null,
    primary key (family_id, code_system, code_prefix)
);

create table reference.literature_p0 (
    family_id text primary key,
    p0 numeric(12, 8) not null check (p0 between 0 and 1),
    low numeric(12, 8) not null check (low between 0 and p0),
    high numeric(12, 8) not null check (high between p0 and 1),
    source text not null
);

create table reference.diagnosis_code (
    code_system text not null,
    code text not null,
    category text not null,
    concept_code text not null,
    parent_code text,
    is_symptom boolean not null,
    is_unspecified boolean not null,
    condition_group text not null,
    label text not null,
    valid_from date not null,
    valid_to date,
    primary key (code_system, code, valid_from)
);

create table reference.code_system (
    code_system text primary key,
    variant text not null
);

create table reference.denial_code (
    code text primary key,
    service_rendered boolean not null,
    meaning text not null
);

create table reference.currency (
    currency_code text primary key,
    minor_units integer not null
);

create table reference.country (
    country_code text primary key,
    region text not null
);
