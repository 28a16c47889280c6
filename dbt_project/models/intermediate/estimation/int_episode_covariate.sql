{#- A view: the estimation of the price model reads it, once a month. Only what was known before the episode. -#}
with

comparator as (
    select * from {{ ref('int_comparator_episode') }}
    where perspective = 'system' and is_operated and cost is not null
),

person as (
    select * from {{ ref('int_person') }}
),

claim_line as (
    select * from {{ ref('int_claim_line') }}
    where is_rendered
),

history as (
    select
        comparator.family_id,
        comparator.person_key,
        sum(claim_line.allowed_amount) as prior_cost,
        count(distinct left(claim_line.diagnosis_code_1, 3)) filter (
            where claim_line.service_date >= comparator.trigger_date - 180
        ) as conditions
    from comparator
    inner join claim_line
        on
            comparator.person_key = claim_line.person_key
            and comparator.trigger_date > claim_line.service_date
            and {{ add_months('comparator.trigger_date', -12) }} <= claim_line.service_date
    group by comparator.family_id, comparator.person_key
)

select
    comparator.payor_id,
    comparator.family_id,
    cast(comparator.person_key as text) as episode_id,
    cast(comparator.cost as numeric(18, 4)) as cost,
    {{ age_band("cast(extract(year from age(comparator.trigger_date, person.birth_date)) as integer)") }} as age_band,
    coalesce(person.sex, 'unknown') as sex,
    cast(coalesce(history.prior_cost, 0) as numeric(18, 4)) as prior_cost,
    cast(coalesce(history.conditions, 0) as integer) as conditions
from comparator
left join person
    on comparator.person_key = person.person_key
left join history
    on
        comparator.family_id = history.family_id
        and comparator.person_key = history.person_key
