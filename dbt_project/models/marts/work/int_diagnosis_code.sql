with

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

written as (
    select distinct
        diagnosis.code_system,
        diagnosis.diagnosis_code
    from diagnosis
    inner join touched_case
        on diagnosis.case_key = touched_case.case_key
),

-- as written first, then without one and without two letters that say nothing of the disease
candidate as (
    select
        code_system,
        diagnosis_code,
        diagnosis_code as code,
        0 as letters,
        cast(null as text) as side
    from written
    union all
    select
        written.code_system,
        written.diagnosis_code,
        left(written.diagnosis_code, length(written.diagnosis_code) - 1) as code,
        1 as letters,
        case when last_one.subject = 'laterality' then last_one.meaning end as side
    from written
    inner join suffix as last_one
        on
            written.code_system = last_one.code_system
            and right(written.diagnosis_code, 1) = last_one.suffix
    union all
    select
        written.code_system,
        written.diagnosis_code,
        left(written.diagnosis_code, length(written.diagnosis_code) - 2) as code,
        2 as letters,
        case
            when last_one.subject = 'laterality' then last_one.meaning
            when last_but_one.subject = 'laterality' then last_but_one.meaning
        end as side
    from written
    inner join suffix as last_one
        on
            written.code_system = last_one.code_system
            and right(written.diagnosis_code, 1) = last_one.suffix
    inner join suffix as last_but_one
        on
            written.code_system = last_but_one.code_system
            and substring(written.diagnosis_code, length(written.diagnosis_code) - 1, 1) = last_but_one.suffix
),

known as (
    select
        candidate.*,
        row_number() over (
            partition by candidate.code_system, candidate.diagnosis_code
            order by candidate.letters
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
        known.side as written_side
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
    ccsr.code is not null as is_in_ccsr,
    -- an opinion is an outpatient contact
    coalesce(ccsr.default_op, ccsr.default_ip) as ccsr_category,
    ccsr.body_system,
    coalesce(site_5.body_site, site_4.body_site, site_3.body_site) as body_site
from read_code
left join ccsr
    on
        read_code.code_system = 'icd-10-cm'
        and read_code.code = ccsr.code
left join site as site_5
    on left(read_code.code, 5) = site_5.code_prefix and length(site_5.code_prefix) = 5
left join site as site_4
    on left(read_code.code, 4) = site_4.code_prefix and length(site_4.code_prefix) = 4
left join site as site_3
    on left(read_code.code, 3) = site_3.code_prefix
