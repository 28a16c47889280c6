{#- Invisible is not avoided. A family counts as observable only when (a) every procedure code system in the claims of
    each setting it is performed in has bridge rows for it, (b) of enough procedures that were surely intended claims
    show at least the plan's share, and (c) where a region's expected rate is loaded, the payor's rate lies inside. -#}
with

context as (
    select * from {{ source('work', 'run_context') }}
),

family as (
    select * from {{ source('reference', 'procedure_family') }}
),

seen_system as (
    select * from {{ ref('int_code_system_seen') }}
),

visibility as (
    select * from {{ ref('int_visibility') }}
),

family_rate as (
    select * from {{ source('reference', 'family_rate') }}
),

event as (
    select * from {{ ref('int_procedure_event') }}
),

member_month as (
    select * from {{ ref('int_member_month') }}
),

{{ procedure_bridge() }},

-- distinct: a family has many prefixes in one system
bridged as (
    select distinct
        family_id,
        bridge_system
    from bridge
),

-- distinct: a family performed in both settings meets a system twice
asked_system as (
    select distinct
        family.family_id,
        seen_system.code_system,
        bridged.family_id is not null as is_bridged
    from family
    inner join seen_system
        on family.care_setting in ('both', seen_system.care_setting)
    left join bridged
        on
            family.family_id = bridged.family_id
            and seen_system.code_system = bridged.bridge_system
),

asked as (
    select
        family_id,
        count(*) as seen_systems,
        count(*) filter (where not is_bridged) as unbridged_systems
    from asked_system
    group by family_id
),

-- the last year of which every claim has had its run-out; no work where no rate is loaded
rate_year as (
    select
        family_rate.family_id,
        family_rate.low,
        family_rate.high,
        {{ add_months("context.as_of", "-context.runout_months - 12") }} as first_day,
        {{ add_months("context.as_of", "-context.runout_months") }} as end_day,
        row_number() over (partition by family_rate.family_id order by family_rate.year desc) as place
    from family_rate
    inner join context
        on family_rate.country_code = context.country_code
),

population_rate as (
    select
        rate_year.family_id,
        rate_year.low,
        rate_year.high,
        12000.0 * (
            select count(distinct event.person_key)
            from event
            where
                event.family_id = rate_year.family_id
                and event.event_date >= rate_year.first_day
                and event.event_date < rate_year.end_day
        ) / nullif((
            select count(*)
            from member_month
            where
                member_month.month_start >= rate_year.first_day
                and member_month.month_start < rate_year.end_day
        ), 0) as rate_per_1000
    from rate_year
    where rate_year.place = 1
),

judged as (
    select
        family.family_id,
        family.care_setting,
        coalesce(asked.seen_systems, 0) as seen_systems,
        coalesce(asked.unbridged_systems, 0) as unbridged_systems,
        coalesce(visibility.intended_cases, 0) as intended_cases,
        coalesce(visibility.shown_cases, 0) as shown_cases,
        population_rate.rate_per_1000,
        case
            when asked.seen_systems is null then 'no_procedure_code_seen'
            when asked.unbridged_systems > 0 then 'code_system_without_bridge'
            when coalesce(visibility.intended_cases, 0) < {{ visibility_minimum_cases() }} then 'too_few_intended'
            -- a share that misses by chance is not a failure
            when
                {{ wilson_upper('visibility.shown_cases', 'visibility.intended_cases') }}
                < {{ visibility_minimum_share() }}
                then 'intended_not_shown'
            when population_rate.rate_per_1000 not between population_rate.low and population_rate.high
                then 'rate_out_of_range'
        end as reason
    from family
    left join asked
        on family.family_id = asked.family_id
    left join visibility
        on family.family_id = visibility.family_id
    left join population_rate
        on family.family_id = population_rate.family_id
)

select
    cast('{{ var("payor") }}' as text) as payor_id,
    family_id,
    care_setting,
    reason is null as is_observable,
    reason,
    cast(seen_systems as integer) as seen_systems,
    cast(unbridged_systems as integer) as unbridged_systems,
    intended_cases,
    shown_cases,
    cast(rate_per_1000 as numeric(12, 6)) as rate_per_1000
from judged
