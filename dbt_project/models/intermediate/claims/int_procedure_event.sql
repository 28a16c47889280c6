with

claim_line as (
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

-- every code of a line, with the system it is written in
coded_line as (
    select
        claim_line.*,
        claim_row.modifier_3,
        claim_row.modifier_4,
        claim_row.modifier_5,
        coded.*
    from claim_line
    inner join claim_row
        on
            claim_line.receipt_id = claim_row.receipt_id
            and claim_line.record_no = claim_row.record_no
            and claim_line.expansion_no = claim_row.expansion_no
    cross join {{ coded_positions('claim_line', 'claim_row') }}
    where coded.procedure_code is not null
),

sided as (
    select
        *,
        coalesce(procedure_date, admission_date, service_date) as event_date,
        array[modifier_1, modifier_2, modifier_3, modifier_4, modifier_5] as modifiers
    from coded_line
),

matched as (
    select
        sided.*,
        bridge.family_id,
        bridge.extent_rank,
        case
            when bridge.laterality <> '' then bridge.laterality
            when '50' = any(sided.modifiers) then 'bilateral'
            when 'LT' = any(sided.modifiers) and 'RT' = any(sided.modifiers) then 'bilateral'
            when 'LT' = any(sided.modifiers) then 'left'
            when 'RT' = any(sided.modifiers) then 'right'
            else ''
        end as laterality,
        -- the payor's own row, then the longest prefix, speaks for a code
        row_number() over (
            partition by sided.claim_line_key, sided.code_source, sided.code_position, bridge.family_id
            order by
                bridge.payor_id asc nulls last,
                prefix_length.prefix_length desc,
                bridge.effective_from desc nulls last,
                bridge.extent_rank asc,
                bridge.laterality asc
        ) as bridge_rank
    from sided
    inner join prefix_length
        on sided.code_system = prefix_length.bridge_system
    inner join bridge
        on
            prefix_length.bridge_system = bridge.bridge_system
            and prefix_length.prefix_length = length(bridge.bridge_prefix)
            and left(sided.procedure_code, prefix_length.prefix_length) = bridge.bridge_prefix
    where
        coalesce(right(sided.procedure_code, 1) <> nullif(bridge.excluded_qualifier, ''), true)
        and sided.event_date >= coalesce(bridge.effective_from, sided.event_date)
        and sided.event_date <= coalesce(bridge.effective_to, sided.event_date)
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
