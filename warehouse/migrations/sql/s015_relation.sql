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

-- Body site by the longest matching prefix; an empty site = the code names none, or lies between two.
create table reference.diagnosis_site (
    code_prefix text primary key check (length(code_prefix) between 3 and 6),
    body_site text not null
);

-- Body systems of CCSR in which a disease is one disease only at one site.
create table reference.site_bound (
    body_system text primary key,
    note text not null
);

-- Which procedures a diagnosis may lead to, by the longest matching prefix.
create table reference.family_indication (
    code_prefix text not null check (length(code_prefix) between 3 and 6),
    family_id text not null references reference.procedure_family,
    note text not null,
    primary key (code_prefix, family_id)
);

-- Published figures; a figure may stand beside ours only where initiation and setting are the same.
create table reference.literature_benchmark (
    benchmark_id text not null,
    -- row of the table of published figures in the method
    table_row integer not null,
    -- what the source counted
    measure text not null,
    -- our figure that counts the same over the same denominator, empty = we have none
    own_measure text not null,
    source text not null,
    published_year integer,
    -- empty = not stated, which matches nothing
    country_code text not null,
    -- in the words of end_user, so that only the same setting can be joined
    setting text not null,
    initiation text not null,
    -- empty = all; a figure of one specialty, condition or family stands beside the same one only
    specialty text not null,
    condition_group text not null,
    procedure_family text not null,
    numerator integer,
    denominator integer,
    denominator_unit text not null,
    value numeric(12, 8),
    lower_value numeric(12, 8),
    upper_value numeric(12, 8),
    status text not null check (status in ('read', 'read_elsewhere', 'remembered', 'computed')),
    note text not null,
    primary key (benchmark_id, measure)
);

-- How much of the body a procedure of the family takes; the higher, the more invasive.
create table reference.family_invasiveness (
    family_id text primary key references reference.procedure_family,
    invasiveness integer not null check (invasiveness between 1 and 5),
    note text not null
);
