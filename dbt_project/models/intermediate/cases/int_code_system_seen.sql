{#- Each step asks the index for the next system: the cost is that of the few systems, not of the lines. -#}
with recursive

claim_line as not materialized (
    select * from {{ ref('int_claim_line') }}
),

{% for kind in ['service', 'procedure'] -%}
{{ kind }}_system as (
    (
        select
            claim_line.care_setting,
            claim_line.{{ kind }}_code_system as code_system
        from claim_line
        where claim_line.{{ kind }}_code_system is not null
        order by claim_line.care_setting, claim_line.{{ kind }}_code_system
        limit 1
    )
    union all
    select next_system.*
    from {{ kind }}_system
    cross join lateral (
        select
            claim_line.care_setting,
            claim_line.{{ kind }}_code_system as code_system
        from claim_line
        where
            claim_line.{{ kind }}_code_system is not null
            and (claim_line.care_setting, claim_line.{{ kind }}_code_system)
            > ({{ kind }}_system.care_setting, {{ kind }}_system.code_system)
        order by claim_line.care_setting, claim_line.{{ kind }}_code_system
        limit 1
    ) as next_system
){{ "," if not loop.last }}

{% endfor -%}
-- union: one system may carry service codes and procedure codes
select
    care_setting,
    code_system
from service_system
union
select
    care_setting,
    code_system
from procedure_system
