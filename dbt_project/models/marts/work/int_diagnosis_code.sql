{%- set lengths = [6, 5, 4, 3] -%}
with recursive

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

diagnosis as (
    select * from {{ ref('int_case_diagnosis') }}
),

listed as (
    select distinct
        code_system,
        code
    from {{ source('reference', 'diagnosis_code') }}
),

suffix as (
    select * from {{ source('reference', 'code_suffix') }}
),

pinned as (
    select * from {{ source('reference', 'release') }}
    where kind = 'ccsr-dx' and is_current
),

ccsr as (
    select * from {{ source('reference', 'ccsr') }}
    where release in (select pinned.release from pinned)
),

site as (
    select * from {{ source('reference', 'diagnosis_site') }}
),

site_bound as (
    select * from {{ source('reference', 'site_bound') }}
),

indication as (
    select distinct code_prefix from {{ source('reference', 'family_indication') }}
),

written as (
    select distinct
        diagnosis.code_system,
        diagnosis.diagnosis_code
    from diagnosis
    inner join touched_case
        on diagnosis.case_key = touched_case.case_key
),

-- as written first, then without what a country writes behind a code, one character at a time
candidate as (
    select
        code_system,
        diagnosis_code,
        diagnosis_code as code,
        cast(null as text) as side,
        cast(null as text) as certainty
    from written
    union all
    select
        candidate.code_system,
        candidate.diagnosis_code,
        left(candidate.code, length(candidate.code) - 1) as code,
        case when suffix.subject = 'laterality' then suffix.meaning else candidate.side end as side,
        case when suffix.subject = 'certainty' then suffix.meaning else candidate.certainty end as certainty
    from candidate
    inner join suffix
        on
            candidate.code_system = suffix.code_system
            and right(candidate.code, 1) = suffix.suffix
    where
        length(candidate.code) > 3
        -- two letters about one thing are no such letters
        and not (suffix.subject = 'laterality' and candidate.side is not null)
        and not (suffix.subject = 'certainty' and candidate.certainty is not null)
),

known as (
    select
        candidate.*,
        row_number() over (
            partition by candidate.code_system, candidate.diagnosis_code
            order by length(candidate.code) desc
        ) as place
    from candidate
    inner join listed
        on
            candidate.code_system = listed.code_system
            and candidate.code = listed.code
),

read_code as (
    select
        written.code_system,
        written.diagnosis_code,
        coalesce(known.code, written.diagnosis_code) as code,
        known.side as written_side,
        known.certainty
    from written
    left join known
        on
            written.code_system = known.code_system
            and written.diagnosis_code = known.diagnosis_code
            and known.place = 1
)

select
    read_code.code_system,
    read_code.diagnosis_code,
    read_code.code,
    left(read_code.code, 3) as category,
    read_code.written_side,
    read_code.certainty,
    coalesce(read_code.certainty = 'suspected', false) as is_suspected,
    ccsr.code is not null as is_in_ccsr,
    -- an opinion is an outpatient contact
    coalesce(ccsr.default_op, ccsr.default_ip) as ccsr_category,
    ccsr.body_system,
    site_bound.body_system is not null as is_site_bound,
    -- an empty site hides that of a shorter prefix
    nullif(
        coalesce(
            {%- for length in lengths %}
            site_{{ length }}.body_site{{ ',' if not loop.last }}
            {%- endfor %}
        ),
        ''
    ) as body_site,
    coalesce(
        {%- for length in lengths %}
        indication_{{ length }}.code_prefix{{ ',' if not loop.last }}
        {%- endfor %}
    ) as indication_prefix
from read_code
left join ccsr
    on
        read_code.code_system = 'icd-10-cm'
        and read_code.code = ccsr.code
left join site_bound
    on ccsr.body_system = site_bound.body_system
{%- for length in lengths %}
left join site as site_{{ length }}
    on
        left(read_code.code, {{ length }}) = site_{{ length }}.code_prefix
        and length(site_{{ length }}.code_prefix) = {{ length }}
left join indication as indication_{{ length }}
    on
        left(read_code.code, {{ length }}) = indication_{{ length }}.code_prefix
        and length(indication_{{ length }}.code_prefix) = {{ length }}
{%- endfor %}
