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

{{ procedure_bridge() }},

service_code as (
    select
        claim_line.*,
        'service' as code_source,
        1 as code_position,
        claim_line.service_code_system as code_system,
        claim_line.service_code as procedure_code,
        cast(null as date) as procedure_date,
        {{ has_modifier('claim_line', 'assistant') }} as is_assistant
    from claim_line
    where
        claim_line.service_code is not null
        -- begun and given up, or only a reading or a technical part of it
        and not {{ has_modifier('claim_line', 'aborted') }}
        and not {{ has_modifier('claim_line', 'component') }}
),

drg_code as (
    select
        claim_line.*,
        'drg' as code_source,
        1 as code_position,
        coalesce(claim_line.drg_code_type, 'ms-drg') as code_system,
        claim_line.drg_code as procedure_code,
        cast(null as date) as procedure_date,
        false as is_assistant
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
        coded.procedure_date,
        false as is_assistant
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
        row_number() over (
            partition by dated.claim_line_key, dated.code_source, dated.code_position, bridge.family_id
            order by
                {{ bridge_order() }}
        ) as bridge_rank
    from dated
    {{ join_bridge('dated') }}
    where {{ bridge_holds('dated.procedure_code', 'dated.event_date') }}
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
    care_setting,
    -- dated by itself: the grain of the payor's service dates does not blur it
    procedure_date is not null or admission_date is not null as is_dated,
    is_assistant,
    is_denied as is_denied_rendered
from matched
where bridge_rank = 1
