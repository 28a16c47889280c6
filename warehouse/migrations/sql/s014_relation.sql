-- What the relation of two diagnoses is judged by: rules as rows.
create table reference.relation_class (
    relation text primary key,
    machine_class text not null check (machine_class in ('confirmed', 'refined', 'changed')),
    minimum_grade integer not null check (minimum_grade between 0 and 4),
    meaning text not null
);

-- Behaviour of a neoplasm on both sides; what is missing here leaves the relation to the codes.
create table reference.behaviour_change (
    from_behaviour text not null,
    to_behaviour text not null,
    relation text not null references reference.relation_class,
    minimum_grade integer not null check (minimum_grade between 0 and 4),
    is_double_read boolean not null,
    precedes_rank_swap boolean not null,
    primary key (from_behaviour, to_behaviour)
);

-- Body site by the longest matching prefix (3 to 5 characters).
create table reference.diagnosis_site (
    code_prefix text primary key check (length(code_prefix) between 3 and 5),
    body_site text not null
);

-- Published figures; a figure may stand beside ours only where initiation and setting are the same.
create table reference.literature_benchmark (
    benchmark_id text not null,
    measure text not null,
    source text not null,
    published_year integer not null,
    -- empty = not stated, which matches nothing
    country_code text not null,
    -- in the words of end_user, so that only the same setting can be joined
    setting text not null,
    initiation text not null,
    specialty text not null,
    numerator integer,
    denominator integer,
    value numeric(12, 8),
    lower_value numeric(12, 8),
    upper_value numeric(12, 8),
    status text not null check (status in ('read', 'remembered')),
    note text not null,
    primary key (benchmark_id, measure)
);

-- How many cases of a quarter are read twice, and from which seed they are drawn.
create table ops.adjudication_plan (
    payor_id text not null references ops.payor,
    quarter text not null check (quarter ~ '^[0-9]{4}-Q[1-4]$'),
    seed text not null,
    share numeric(6, 4) not null check (share between 0 and 1),
    minimum integer not null check (minimum >= 0),
    recorded_at timestamptz not null default now(),
    primary key (payor_id, quarter)
);

-- Readings of people. Append-only: a later version of the same reading replaces the earlier one.
create table ops.adjudication (
    adjudication_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    case_key text not null,
    opinion_pair text not null default 'initial_final',
    -- 1 and 2 are independent of each other, 3 settles what they disagree on
    read_no integer not null check (read_no in (1, 2, 3)),
    version_no integer not null check (version_no > 0),
    adjudicated_class text not null check (
        adjudicated_class in ('confirmed', 'refined', 'changed', 'undetermined')
    ),
    grade integer check (grade between 0 and 4),
    override_reason text not null default '',
    adjudicator_role text not null check (
        adjudicator_role in ('payor_physician', 'independent_physician', 'coder', 'panel')
    ),
    decided_on date not null,
    machine_class text not null,
    recorded_at timestamptz not null default now(),
    unique (payor_id, case_key, opinion_pair, read_no, version_no)
);

create function ops.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'this table only grows';
end $$;

create trigger adjudication_only_grows before update or delete on ops.adjudication
for each statement execute function ops.refuse_change();

grant select on ops.adjudication, ops.adjudication_plan
to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter};
grant insert on ops.adjudication, ops.adjudication_plan to ${loader};
