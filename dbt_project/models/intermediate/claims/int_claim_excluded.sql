{#- How long a claim has been held depends on as_of: hence a view. -#}
with

verdict as (
    select
        *,
        {{ payor_term('as_of') }} - held_since as days_held
    from {{ ref('int_claim_verdict') }}
    where state <> 'final'
),

aged as (
    select
        claim_family_key,
        claim_line_number,
        held_since,
        case when days_held >= {{ days_until_given_up() }} then 'excluded' else state end as state,
        case
            when days_held >= {{ days_until_given_up() }} then 'Q-ORPHAN'
            when days_held >= {{ days_until_warned() }} then 'W-ORPHAN'
            else reason
        end as reason
    from verdict
)

select
    claim_family_key,
    claim_line_number,
    state,
    reason,
    min(held_since) as held_since,
    count(*) as n_rows
from aged
group by claim_family_key, claim_line_number, state, reason
