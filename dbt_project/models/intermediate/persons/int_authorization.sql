with

{{ procedure_bridge() }},

request_row as (
    select
        *,
        row_number() over (
            partition by person_key, authorization_id
            order by version_seq desc, plaintext_sha256 desc, record_no desc, expansion_no desc
        ) as version_rank
    from {{ ref('stg_authorization') }}
    where
        person_key is not null
        and {{ touched('person_key', 'int_work_person', 'person_key') }}
),

request as (
    select
        *,
        {{ procedure_system('procedure_code_system', 'procedure_code') }} as code_system
    from request_row
    where version_rank = 1
),

matched as (
    select
        request.person_key,
        request.authorization_id,
        bridge.family_id,
        bridge.extent_rank,
        bridge.laterality,
        row_number() over (
            partition by request.person_key, request.authorization_id
            order by
                {{ bridge_order() }},
                bridge.family_id asc
        ) as bridge_rank
    from request
    {{ join_bridge('request') }}
    where {{ bridge_holds('request.procedure_code', 'request.requested_date') }}
),

named as (
    select * from matched
    where bridge_rank = 1
)

select
    request.payor_id,
    request.person_key,
    request.authorization_id,
    coalesce(request.procedure_family, named.family_id) as family_id,
    coalesce(nullif(request.laterality, ''), named.laterality, '') as laterality,
    coalesce(named.extent_rank, 0) as extent_rank,
    request.levels,
    request.requested_date,
    request.decided_date,
    request.decision,
    request.decision in ('approved', 'partly_approved') as is_approved,
    request.decision in ('withdrawn', 'voided') as is_withdrawn
from request
left join named
    on
        request.person_key = named.person_key
        and request.authorization_id = named.authorization_id
