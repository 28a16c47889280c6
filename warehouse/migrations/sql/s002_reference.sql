-- Reference data: what ships comes with `init`, the rest with `second-opinion reference load`.
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
    condition_group text not null,
    side_rule text not null check (side_rule in ('side', 'levels', 'none')),
    care_setting text not null check (care_setting in ('inpatient', 'outpatient', 'both')),
    is_time_critical boolean not null
);

-- What a code means. extent_rank 0: the code does not tell how much was done. laterality '': the side is
-- in a modifier, or nowhere. code_release '': every release that is in force between the two days.
-- A national list is loaded (kind `procedure-bridge`); its rows are nobody's own and not ours.
create table reference.procedure_code (
    payor_id text references ops.payor,
    code_system text not null,
    code_release text not null default '',
    code_prefix text not null,
    family_id text not null references reference.procedure_family,
    extent_rank integer not null check (extent_rank >= 0),
    laterality text not null check (laterality in ('left', 'right', 'bilateral', '')),
    excluded_qualifier text not null,
    effective_from date not null,
    effective_to date,
    licence_class text not null,
    is_loaded boolean not null default false,
    check (effective_to >= effective_from)
);
create unique index procedure_code_once on reference.procedure_code (
    payor_id, code_system, code_release, code_prefix, family_id, effective_from
) nulls not distinct;

-- Operations that may take the place of one another: done instead, the proposed one was not avoided.
create table reference.family_substitute (
    family_id text not null references reference.procedure_family,
    substitute_family_id text not null references reference.procedure_family,
    primary key (family_id, substitute_family_id),
    check (family_id <> substitute_family_id)
);

-- What a modifier of a service line says of the operation.
create table reference.modifier_rule (
    modifier text primary key,
    effect text not null check (
        effect in ('assistant', 'aborted', 'component', 'bilateral', 'left', 'right')
    )
);

-- Operations for which a country's law gives a right to a second opinion; families separated by blanks,
-- none where no family of ours covers the indication.
create table reference.statutory_indication (
    country_code text not null,
    indication text not null,
    label text not null,
    family_ids text not null,
    year_added integer,
    primary key (country_code, indication)
);

-- Operations per 1,000 persons and year that a region would expect; empty until somebody loads it.
create table reference.family_rate (
    country_code text not null,
    family_id text not null references reference.procedure_family,
    year integer not null,
    low numeric(12, 6) not null check (low >= 0),
    high numeric(12, 6) not null check (high >= low),
    source text not null,
    primary key (country_code, family_id, year)
);

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

-- One row per release of a kind of reference data, as the publisher dates it. valid_to is the
-- effective end: the day before the next release of the kind. A starter list (is_complete false)
-- is what ships; it holds for days no complete release covers. is_current: the pinned release of a
-- kind that is not dated by day; always true for the others (CCSR, conversions, crosswalks). used_by: the code system whose
-- diagnoses are judged with it; '*' = every payor's figures, '' = no figure yet.
create table reference.release (
    kind text not null,
    release text not null,
    valid_from date not null,
    valid_to date,
    is_complete boolean not null,
    is_current boolean not null,
    sha256 text not null,
    derived_with text not null,
    row_count bigint not null,
    rows_skipped bigint not null default 0,
    used_by text not null,
    licence text not null,
    recorded_at timestamptz not null default now(),
    primary key (kind, release),
    check (valid_to >= valid_from)
);

create table reference.code_system (
    code_system text primary key,
    subject text not null check (subject in ('diagnosis', 'procedure', 'payment', 'item')),
    family text not null,
    country_code text not null,
    has_ccsr boolean not null,
    label text not null
);

-- One row per code and days on which everything said of it is the same; ranges never overlap.
create table reference.diagnosis_code (
    code_system text not null references reference.code_system,
    code text not null,
    valid_from date not null,
    valid_to date,
    category text not null,
    parent_code text,
    is_header boolean not null,
    concept_code text not null,
    laterality text not null check (
        laterality in ('right', 'left', 'bilateral', 'unspecified', '')
    ),
    encounter text not null check (encounter in ('initial', 'subsequent', 'sequela', '')),
    is_symptom boolean not null,
    is_unspecified boolean not null,
    chapter integer,
    behaviour text not null check (
        behaviour in ('malignant', 'in_situ', 'benign', 'uncertain', 'unspecified', '')
    ),
    is_secondary_neoplasm boolean not null,
    condition_group text not null,
    label text not null,
    primary key (code_system, code, valid_from),
    check (valid_to >= valid_from)
);

-- Letters a country writes behind a code; they are no part of it.
create table reference.code_suffix (
    code_system text not null references reference.code_system,
    suffix text not null,
    subject text not null check (subject in ('laterality', 'certainty', 'mark')),
    meaning text not null,
    primary key (code_system, suffix)
);

-- A yearly change of codes, chains of years included: from_code until, to_code since.
create table reference.code_bridge (
    code_system text not null references reference.code_system,
    from_code text not null,
    to_code text not null,
    from_until date not null,
    to_since date not null,
    steps integer not null,
    primary key (code_system, from_code, to_code, to_since)
);

create table reference.crosswalk (
    from_system text not null references reference.code_system,
    to_system text not null references reference.code_system,
    from_code text not null,
    to_code text not null,
    scenario integer not null,
    choice_list integer not null,
    is_approximate boolean not null,
    primary key (from_system, to_system, from_code, to_code, scenario, choice_list)
);

-- Three-character categories that must not be compared between national variants.
create table reference.category_exception (
    category text primary key,
    reason text not null check (reason in ('meaning_drift', 'one_variant_only'))
);

create table reference.ccsr (
    release text not null,
    code text not null,
    default_ip text,
    default_op text,
    body_system text,
    categories text[] not null,
    primary key (release, code)
);

create table reference.ccsr_procedure (
    release text not null,
    code text not null,
    category text not null,
    domain text not null,
    primary key (release, code)
);

create table reference.ccsr_category (
    kind text not null,
    release text not null,
    category text not null,
    label text not null,
    primary key (kind, release, category)
);

-- Procedures, payment groups and items that no figure reads yet: code lists with free labels.
create table reference.catalogue (
    code_system text not null references reference.code_system,
    code text not null,
    valid_from date not null,
    valid_to date,
    group_code text not null,
    label text not null,
    primary key (code_system, code, valid_from),
    check (valid_to >= valid_from)
);

-- Units of the currency for one unit of the base currency.
create table reference.fx_rate (
    source text not null,
    rate_date date not null,
    base_currency text not null,
    currency_code text not null,
    rate numeric(20, 8) not null check (rate > 0),
    primary key (source, rate_date, currency_code)
);

-- National currency units for one international dollar.
create table reference.ppp (
    country_code text not null,
    year integer not null,
    rate numeric(38, 18) not null check (rate > 0),
    primary key (country_code, year)
);

create table reference.denial_code (
    code text primary key,
    service_rendered boolean not null,
    meaning text not null
);

create table reference.currency (
    currency_code text primary key,
    minor_units integer not null check (minor_units between 0 and 4)
);

create table reference.country (
    country_code text primary key,
    region text not null
);

-- Code systems of a payor's diagnoses. Index-only steps from one value to the next, not a scan.
create function reference.systems(payor text) returns text[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    diagnoses constant regclass := to_regclass(format('%I.consultation_diagnosis', 'raw_' || payor));
    found text[];
begin
    if diagnoses is null then
        return '{}';
    end if;
    execute format(
        'with recursive step as (
            (select min(code_system) as code_system from %1$s)
            union all
            select (select min(d.code_system) from %1$s as d where d.code_system > step.code_system)
            from step
            where step.code_system is not null
        )
        select coalesce(array_agg(code_system order by code_system), ''{}'')
        from step
        where code_system is not null',
        diagnoses
    ) into found;
    return found;
end
$$;

-- What figures are made with that know these code systems: kind -> release -> days and checksum.
create function reference.versions(systems text []) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_object_agg(per_kind.kind, per_kind.releases), '{}')
    from (
        select
            r.kind,
            jsonb_object_agg(
                r.release,
                concat_ws(' ', r.valid_from, r.valid_to, left(r.sha256, 16), left(r.derived_with, 8))
            ) as releases
        from reference.release as r
        where r.is_current and (r.used_by = '*' or r.used_by = any (systems))
        group by r.kind
    ) as per_kind
$$;

-- One name for all of it, what ships included. A payor's figures keep the systems they knew beside
-- it: asked again with these, another hash means that a list they rest on has moved. A system that
-- came since says nothing about the rows that were there.
create function reference.versions_hash(systems text []) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select encode(
        sha256(convert_to(concat(i.reference_hash, '|', reference.versions(systems)), 'UTF8')), 'hex'
    )
    from ops.installation as i
$$;
