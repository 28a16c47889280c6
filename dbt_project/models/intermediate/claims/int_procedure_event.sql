with

claim_line as not materialized (
    select * from {{ ref('int_claim_line') }}
    where
        is_rendered
        and {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

claim_row as (
    select * from {{ ref('stg_medical_claim') }}
),

bridge as (
    select
        *,
        {{ clean_word('code_system') }} as bridge_system,
        {{ clean_code('code_prefix') }} as bridge_prefix
    from {{ source('reference', 'procedure_code') }}
    where payor_id is null or payor_id = '{{ var("payor") }}'
),

-- distinct: the lengths to cut a code to, so that the bridge is joined by equality
prefix_length as (
    select distinct
        bridge_system,
        length(bridge_prefix) as prefix_length
    from bridge
),

service_code as (
    select
        claim_line.*,
        'service' as code_source,
        1 as code_position,
        claim_line.service_code_system as code_system,
        claim_line.service_code as procedure_code,
        cast(null as date) as procedure_date
    from claim_line
    where claim_line.service_code is not null
),

drg_code as (
    select
        claim_line.*,
        'drg' as code_source,
        1 as code_position,
        coalesce(claim_line.drg_code_type, 'ms-drg') as code_system,
        claim_line.drg_code as procedure_code,
        cast(null as date) as procedure_date
    from claim_line
    where claim_line.drg_code is not null
),

-- only the few lines with procedure codes are read again in their 25 columns
procedure_code as (
    select
        claim_line.*,
        'procedure' as code_source,
        coded.code_position,
        claim_line.procedure_code_system as code_system,
        coded.procedure_code,
        coded.procedure_date
    from claim_line
    inner join claim_row
        on
            claim_line.receipt_id = claim_row.receipt_id
            and claim_line.record_no = claim_row.record_no
            and claim_line.expansion_no = claim_row.expansion_no
    cross join {{ procedure_positions('claim_row') }}
    where
        claim_line.procedure_code_system is not null
        and coded.procedure_code is not null
),

coded_line as (
    select * from service_code
    union all
    select * from drg_code
    union all
    select * from procedure_code
),

dated as (
    select
        *,
        coalesce(procedure_date, admission_date, service_date) as event_date
    from coded_line
),

matched as (
    select
        dated.*,
        bridge.family_id,
        bridge.extent_rank,
        coalesce(nullif(bridge.laterality, ''), dated.modifier_laterality) as laterality,
        -- the payor's own row, then the longest prefix, speaks for a code
        row_number() over (
            partition by dated.claim_line_key, dated.code_source, dated.code_position, bridge.family_id
            order by
                bridge.payor_id asc nulls last,
                prefix_length.prefix_length desc,
                bridge.effective_from desc nulls last,
                bridge.extent_rank asc,
                bridge.laterality asc
        ) as bridge_rank
    from dated
    inner join prefix_length
        on dated.code_system = prefix_length.bridge_system
    inner join bridge
        on
            prefix_length.bridge_system = bridge.bridge_system
            and prefix_length.prefix_length = length(bridge.bridge_prefix)
            and left(dated.procedure_code, prefix_length.prefix_length) = bridge.bridge_prefix
    where
        coalesce(right(dated.procedure_code, 1) <> nullif(bridge.excluded_qualifier, ''), true)
        and dated.event_date >= coalesce(bridge.effective_from, dated.event_date)
        and dated.event_date <= coalesce(bridge.effective_to, dated.event_date)
)

select
    payor_id,
    md5(claim_line_key || '|' || code_source || '|' || code_position || '|' || family_id) as procedure_event_key,
    claim_family_key,
    claim_line_key,
    code_source,
    code_position,
    person_key,
    family_id,
    extent_rank,
    laterality,
    code_system,
    procedure_code,
    event_date,
    service_date,
    claim_type,
    is_denied as is_denied_rendered
from matched
where bridge_rank = 1
