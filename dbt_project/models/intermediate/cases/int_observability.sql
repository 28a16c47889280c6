{#- Invisible is not avoided: a family counts as observable only when every procedure code system in the
    payor's claims has bridge rows for it. -#}
with recursive

claim_line as not materialized (
    select * from {{ ref('int_claim_line') }}
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

bridge as (
    select
        family_id,
        {{ clean_word('code_system') }} as bridge_system
    from {{ source('reference', 'procedure_code') }}
    where payor_id is null or payor_id = '{{ var("payor") }}'
),

-- each step asks the index for the next system: the cost is that of the few systems, not of the lines
service_system as (
    select min(claim_line.service_code_system) as code_system
    from claim_line
    union all
    select (
        select min(claim_line.service_code_system)
        from claim_line
        where claim_line.service_code_system > service_system.code_system
    )
    from service_system
    where service_system.code_system is not null
),

procedure_system as (
    select min(claim_line.procedure_code_system) as code_system
    from claim_line
    union all
    select (
        select min(claim_line.procedure_code_system)
        from claim_line
        where claim_line.procedure_code_system > procedure_system.code_system
    )
    from procedure_system
    where procedure_system.code_system is not null
),

-- union: one system may carry service codes and procedure codes
seen_system as (
    select code_system from service_system
    where code_system is not null
    union
    select code_system from procedure_system
    where code_system is not null
),

-- distinct: a family has many prefixes in one system
bridged as (
    select distinct
        family_id,
        bridge_system
    from bridge
),

counted as (
    select
        family.family_id,
        count(seen_system.code_system) as seen_systems,
        count(seen_system.code_system) filter (where bridged.family_id is null) as unbridged_systems
    from family
    left join seen_system
        on true
    left join bridged
        on
            family.family_id = bridged.family_id
            and seen_system.code_system = bridged.bridge_system
    group by family.family_id
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    family_id,
    seen_systems > 0 and unbridged_systems = 0 as is_observable,
    case
        when seen_systems = 0 then 'no_procedure_code_seen'
        when unbridged_systems > 0 then 'code_system_without_bridge'
    end as reason,
    cast(seen_systems as integer) as seen_systems,
    cast(unbridged_systems as integer) as unbridged_systems
from counted
