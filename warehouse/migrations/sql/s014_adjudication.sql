-- Why a reader or a reviewer chose a class; a reason that is only stage or grade of a tumour is kept out of the
-- strict rate.
create table reference.change_reason (
    reason_code text primary key check (reason_code ~ '^[a-z][a-z0-9_]{0,39}$'),
    is_stage_or_grade boolean not null,
    meaning text not null
);

-- Which clinical weights a class can have.
create table reference.class_grade (
    class_name text primary key,
    lowest_grade integer not null check (lowest_grade between 0 and 4),
    highest_grade integer not null check (highest_grade between lowest_grade and 4),
    meaning text not null
);

-- What people decided about a diagnosis pair. Append-only: a reader's later read supersedes the earlier one.
create table ops.adjudication (
    adjudication_id bigint generated always as identity primary key,
    payor_id text not null references ops.payor,
    consultation_id text not null,
    case_key text not null,
    opinion_pair text not null default 'initial_final' check (opinion_pair = 'initial_final'),
    reader text not null check (reader ~ '^[A-Za-z0-9_.-]{1,40}$'),
    reader_role text not null check (reader_role in ('physician', 'coder', 'adjudicator')),
    adjudicated_class text not null check (
        adjudicated_class in ('confirmed', 'refined', 'changed', 'undetermined')
    ),
    grade smallint not null check (grade between 0 and 4),
    reason_code text not null references reference.change_reason,
    read_on date not null,
    source_sha256 text not null,
    recorded_at timestamptz not null default now()
);
create unique index adjudication_once on ops.adjudication (
    payor_id, case_key, opinion_pair, reader, adjudicated_class, grade, reason_code, read_on
);

alter table ops.adjudication enable row level security;
alter table ops.adjudication force row level security;
create policy pipeline on ops.adjudication
to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter}, current_user
using (true) with check (true);

grant select on ops.adjudication to ${transformer}, ${publisher}, ${reporter};
grant insert on ops.adjudication, ops.change to ${publisher};

-- Each reader's last read of a case.
create view ops.adjudication_read with (security_invoker = true) as
select distinct on (payor_id, case_key, opinion_pair, reader)
    payor_id,
    case_key,
    opinion_pair,
    consultation_id,
    reader,
    reader_role,
    adjudicated_class,
    grade,
    reason_code,
    read_on,
    adjudication_id
from ops.adjudication
order by
    payor_id asc, case_key asc, opinion_pair asc, reader asc, read_on desc, adjudication_id desc;

-- One row a case and pair: the adjudicator's word, else what all readers agree on; null while they differ.
-- Of agreeing readers the lowest grade holds, and one who saw stage or grade only is enough to say so: the strict
-- rate claims what both would sign.
create view ops.adjudicated with (security_invoker = true) as
with

reading as (
    select
        r.*,
        reason.is_stage_or_grade
    from ops.adjudication_read as r
    inner join reference.change_reason as reason on r.reason_code = reason.reason_code
),

summed as (
    select
        payor_id,
        case_key,
        opinion_pair,
        count(*) as reads,
        min(adjudicated_class) as lowest_class,
        max(adjudicated_class) as highest_class,
        min(grade) as lowest_grade,
        bool_or(is_stage_or_grade) as is_any_stage_or_grade
    from reading
    group by payor_id, case_key, opinion_pair
),

-- the adjudicator speaks last; else the last of the readers gives the reason
deciding as (
    select distinct on (payor_id, case_key, opinion_pair)
        payor_id,
        case_key,
        opinion_pair,
        reader_role,
        adjudicated_class,
        grade,
        reason_code,
        is_stage_or_grade
    from reading
    order by
        payor_id asc,
        case_key asc,
        opinion_pair asc,
        (reader_role = 'adjudicator') desc,
        read_on desc,
        adjudication_id desc
),

judged as (
    select
        deciding.*,
        summed.reads,
        summed.lowest_grade,
        summed.is_any_stage_or_grade,
        deciding.reader_role <> 'adjudicator'
        and summed.lowest_class <> summed.highest_class as is_disputed
    from deciding
    inner join summed using (payor_id, case_key, opinion_pair)
)

select
    payor_id,
    case_key,
    opinion_pair,
    case when not is_disputed then adjudicated_class end as adjudicated_class,
    case
        when is_disputed then null
        when reader_role = 'adjudicator' then grade
        else lowest_grade
    end as adjudicated_grade,
    case when not is_disputed then reason_code end as override_reason,
    case when not is_disputed then reader_role end as adjudicator_role,
    case
        when is_disputed then null
        when reader_role = 'adjudicator' then is_stage_or_grade
        else is_any_stage_or_grade
    end as is_stage_or_grade,
    reads,
    is_disputed
from judged;

grant select on ops.adjudication_read, ops.adjudicated to ${transformer}, ${publisher}, ${reporter};
