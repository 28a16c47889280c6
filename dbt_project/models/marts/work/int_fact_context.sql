with

context as (
    select * from {{ source('work', 'run_context') }}
),

release as (
    select * from {{ source('ops', 'release') }}
    where payor_id = '{{ var("payor") }}'
),

observability as (
    select * from {{ ref('int_observability') }}
),

unobservable as (
    select coalesce(string_agg(family_id, ',' order by family_id), '') as families
    from observability
    where not is_observable
),

head as (
    select coalesce(max(release_id), 0) as head_release_id
    from release
)

select
    context.payor_id,
    context.as_of,
    context.basis_id,
    context.currency_code,
    context.minor_units,
    context.runout_months,
    context.country_code,
    context.region,
    context.contract_start,
    context.contract_months,
    context.fee_pepm,
    context.fee_implementation,
    head.head_release_id,
    -- a case built under another hash is stale as a whole
    md5(concat_ws(
        '|',
        coalesce(cast(context.basis_id as text), ''),
        context.currency_code,
        context.minor_units,
        context.runout_months,
        context.country_code,
        context.region,
        unobservable.families
    )) as context_hash
from context
cross join head
cross join unobservable
