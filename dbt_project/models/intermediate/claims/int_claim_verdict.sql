{#- What becomes of every row of the families under review, by the payor's adjustment style: replacement = the newest
    version is the claim; reversal_pair = the versions of a line add up; none = the newest row of each line. -#}
with

version_row as (
    select
        *,
        {{ payor_term('adjustments') }} as style
    from {{ ref('int_claim_version') }}
    where {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

-- two persons in one version, or two originals of two persons with nothing taken back between them
version_person as (
    select
        claim_family_key,
        bool_or(is_reversal) as has_reversal,
        min(cast(person_key as text)) <> max(cast(person_key as text)) as has_two_persons,
        min(case when adjustment_type = 'original' then cast(person_key as text) end) as first_original_person,
        max(case when adjustment_type = 'original' then cast(person_key as text) end) as last_original_person
    from version_row
    group by claim_family_key, version_rank
),

person_verdict as (
    select
        claim_family_key,
        bool_or(has_two_persons)
        or (
            not bool_or(has_reversal)
            and min(first_original_person) <> max(last_original_person)
        ) as is_of_two_persons
    from version_person
    group by claim_family_key
),

claim_verdict as (
    select
        claim_family_key,
        bool_or(is_circular) as is_circular,
        bool_or(adjustment_type = 'original') as has_original,
        bool_or(version_rank = 1 and is_reversal) as is_withdrawn,
        min(received_date) as held_since,
        bool_or(
            style = 'reversal_pair'
            and is_reversal
            and {{ payor_term('reversal_sign') }} = 'negative'
            and greatest(paid_amount, allowed_amount, charge_amount) > 0
        ) as has_wrong_sign,
        bool_or(
            is_contradicted
            and case style
                when 'replacement' then version_rank = 1
                when 'reversal_pair' then true
                else line_version_rank = 1
            end
        ) as is_contradicted,
        -- two claims, both the newest
        style = 'replacement'
        and min(case when version_rank = 1 then claim_id end) <> max(case when version_rank = 1 then claim_id end)
        and not bool_or(version_rank = 1 and is_reversal) as is_ambiguous
    from version_row
    group by claim_family_key, style
),

judged_claim as (
    select
        claim_verdict.claim_family_key,
        claim_verdict.is_withdrawn,
        claim_verdict.held_since,
        case
            when claim_verdict.is_circular then 'Q-CONFLICT'
            when person_verdict.is_of_two_persons then 'Q-PERSON'
            when claim_verdict.is_contradicted or claim_verdict.is_ambiguous then 'Q-CONFLICT'
            when claim_verdict.has_wrong_sign then 'Q-SIGN'
            when not claim_verdict.has_original and {{ payor_term('adjustments') }} <> 'none'
                then case when claim_verdict.is_withdrawn then 'I-VOIDORPHAN' else 'I-ORPHAN' end
        end as claim_reason
    from claim_verdict
    inner join person_verdict
        on claim_verdict.claim_family_key = person_verdict.claim_family_key
),

signed_row as (
    select
        *,
        coalesce(style <> 'reversal_pair' or not is_reversal, false) as may_stand,
        {% for amount in claim_amounts() + ['units'] -%}
        {{ signed_amount(amount) }} as signed_{{ amount }},
        {% endfor -%}
        {% for amount in claim_amounts() -%}
        {{ signed_amount('claim_' ~ amount) }} as signed_claim_{{ amount }},
        {% endfor -%}
        row_number() over (
            partition by claim_family_key, version_rank, claim_id, copy_no > 1
            order by claim_line_number, {{ row_order() }}
        ) as place_in_version
    from version_row
),

ranked_row as (
    select
        *,
        row_number() over (
            partition by claim_family_key, claim_line_number
            order by copy_no > 1, may_stand desc, {{ newest_first() }}
        ) as line_rank,
        {% for amount in claim_amounts() + ['units'] -%}
        sum(case when copy_no = 1 then signed_{{ amount }} end) over line as net_{{ amount }},
        {% endfor -%}
        {% for amount in claim_amounts() -%}
        sum(case when copy_no = 1 and place_in_version = 1 then signed_claim_{{ amount }} end) over (
            partition by claim_family_key
        ) as net_claim_{{ amount }},
        {% endfor -%}
        count(case when copy_no = 1 then 1 end) over line as version_count,
        count(case when copy_no = 1 then units end) over line as units_count,
        bool_or(copy_no = 1 and may_stand) over line as has_standing_row,
        bool_or(is_reversal) over line as has_reversal,
        bool_or(line_version_rank = 1 and is_reversal) over line as is_line_withdrawn
    from signed_row
    window line as (partition by claim_family_key, claim_line_number)
),

answered_row as (
    select
        ranked_row.*,
        judged_claim.held_since,
        judged_claim.claim_reason,
        judged_claim.is_withdrawn
    from ranked_row
    inner join judged_claim
        on ranked_row.claim_family_key = judged_claim.claim_family_key
),

judged_row as (
    select
        *,
        case
            when claim_reason like 'Q-%' then 'excluded'
            when claim_reason like 'I-%' then 'held'
            when style = 'replacement' and is_withdrawn then 'voided'
            when style = 'replacement' and (version_rank > 1 or copy_no > 1) then 'superseded'
            when style = 'none' and is_line_withdrawn then 'voided'
            when style = 'reversal_pair' and not has_standing_row then 'held'
            -- units decide only when every version states them
            when
                style = 'reversal_pair'
                and has_reversal
                and coalesce(net_allowed_amount, net_paid_amount, net_claim_paid_amount, 0) = 0
                and (units_count < version_count or net_units = 0)
                then 'voided'
            when style <> 'replacement' and line_rank > 1 then 'superseded'
            else 'final'
        end as state
    from answered_row
),

priced_row as (
    select
        *,
        {% for amount in claim_amounts() + ['units'] -%}
        case when style = 'reversal_pair' then net_{{ amount }} else {{ amount }} end as line_{{ amount }},
        {% endfor -%}
        {% for amount in claim_amounts() -%}
        case when style = 'reversal_pair' then net_claim_{{ amount }} else claim_{{ amount }} end as whole_{{ amount }},
        {% endfor -%}
        row_number() over (
            partition by claim_family_key, state
            order by claim_line_number, {{ row_order() }}
        ) as place_in_state
    from judged_row
),

-- what the final lines of a claim say together
summed_row as (
    select
        *,
        {% for amount in claim_amounts() -%}
        max(whole_{{ amount }}) over same_state as claim_{{ amount }}_once,
        min(whole_{{ amount }}) over same_state as least_claim_{{ amount }},
        sum(line_{{ amount }}) over same_state as lines_{{ amount }},
        count(line_{{ amount }}) over same_state = count(*) over same_state as have_all_lines_{{ amount }},
        {% endfor -%}
        state = 'final' as is_final
    from priced_row
    window same_state as (partition by claim_family_key, state)
),

-- the lines' own amounts count where every line has one and they are not all nothing
stated_row as (
    select
        *,
        {% for amount in claim_amounts() -%}
        have_all_lines_{{ amount }}
        and (lines_{{ amount }} <> 0 or claim_{{ amount }}_once = 0) as do_lines_state_{{ amount }},
        {% endfor -%}
        claim_paid_amount_once - least_claim_paid_amount >= {{ smallest_amount() }} as do_claims_differ
    from summed_row
),

balanced_row as (
    select
        *,
        case
            when claim_paid_amount_once is null then null
            when do_claims_differ then 'off'
            when not do_lines_state_paid_amount then 'claim_only'
            when abs(claim_paid_amount_once - lines_paid_amount) >= {{ smallest_amount() }} then 'off'
            else 'balanced'
        end as balance_state
    from stated_row
),

settled_row as (
    select
        *,
        coalesce(bool_or(is_final and balance_state = 'off') over (partition by claim_family_key), false)
            as is_off_balance
    from balanced_row
),

own_row as (
    select
        claim_family_key,
        claim_id,
        claim_line_number,
        person_key,
        adjustment_type,
        cast(case when is_off_balance then 'excluded' else state end as text) as state,
        cast(case
            when is_off_balance then 'Q-BAL'
            when state in ('excluded', 'held') then coalesce(claim_reason, 'I-VOIDORPHAN')
            when state = 'voided' then 'I-VOID'
            when state = 'superseded' and copy_no > 1 and content_hash = newest_content then 'I-DUPROW'
            when state = 'superseded' then 'I-VERSION'
        end as text) as reason,
        case when state = 'held' then coalesce(held_since, received_date) end as held_since,
        version_count,
        {% for amount in claim_amounts() -%}
        cast(case
            when claim_{{ amount }}_once is null or do_lines_state_{{ amount }} then line_{{ amount }}
            when place_in_state = 1 then claim_{{ amount }}_once
        end as numeric(18, 4)) as {{ amount }},
        {% endfor -%}
        cast(line_units as numeric(18, 4)) as units,
        cast(case when is_final then claim_paid_amount_once end as numeric(18, 4)) as claim_paid_amount,
        cast(case when is_final then lines_paid_amount end as numeric(18, 4)) as lines_paid_amount,
        case when is_final then balance_state end as balance_state,
        paid_date,
        plaintext_sha256,
        receipt_id,
        record_no,
        expansion_no
    from settled_row
),

paid as (
    select * from {{ ref('int_claim_paid') }}
    where {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

paid_line as (
    select * from {{ ref('int_claim_paid_line') }}
    where {{ touched('claim_family_key', 'int_work_claim_family', 'claim_family_key') }}
),

-- the line of the remittance that is this line: its number and what was charged
met_row as (
    select
        own_row.*,
        paid.paid_amount as remitted_paid_amount,
        paid.allowed_amount as remitted_allowed_amount,
        paid.adjustment_type as remitted_adjustment_type,
        paid.paid_date as remitted_date,
        paid.has_opening,
        paid.first_reversed_amount,
        paid.is_taken_back,
        paid_line.paid_amount as line_remitted_paid_amount,
        paid_line.allowed_amount as line_remitted_allowed_amount,
        row_number() over state_of_claim as place_in_claim,
        sum(own_row.paid_amount) over whole_claim as own_paid_amount,
        max(own_row.paid_date) over whole_claim as own_paid_date,
        count(paid_line.claim_line_number) over whole_claim = count(*) over whole_claim
        and sum(paid_line.paid_amount) over whole_claim = paid.paid_amount as do_lines_meet
    from own_row
    left join paid
        on own_row.claim_family_key = paid.claim_family_key and own_row.state = 'final'
    left join paid_line
        on
            paid.claim_family_key = paid_line.claim_family_key
            and own_row.claim_line_number = paid_line.claim_line_number
            and own_row.charge_amount = paid_line.charge_amount
    window
        whole_claim as (partition by own_row.claim_family_key, own_row.state),
        state_of_claim as (
            partition by own_row.claim_family_key, own_row.state
            order by
                own_row.claim_line_number asc,
                own_row.plaintext_sha256 desc,
                own_row.record_no desc,
                own_row.expansion_no desc
        )
),

-- a remittance speaks if it knows what was paid before it took back, and nothing newer was said since
heard_row as (
    select
        *,
        case
            when remitted_date is null and remitted_paid_amount is null then null
            when own_paid_amount is not null and own_paid_date > remitted_date then 'overtaken'
            when has_opening or own_paid_amount = -first_reversed_amount then 'applied'
            else 'held'
        end as payment_state
    from met_row
),

answer as (
    select
        *,
        coalesce(payment_state = 'applied', false) as is_remitted,
        coalesce(payment_state = 'applied' and is_taken_back, false) as is_payment_gone
    from heard_row
)

select
    claim_family_key,
    claim_id,
    claim_line_number,
    person_key,
    adjustment_type,
    cast(case when is_payment_gone then 'voided' else state end as text) as state,
    cast(case when is_payment_gone then 'I-VOID' else reason end as text) as reason,
    held_since,
    version_count,
    {% for amount in ['paid_amount', 'allowed_amount'] -%}
    cast(case
        when not is_remitted then {{ amount }}
        when do_lines_meet then line_remitted_{{ amount }}
        when place_in_claim = 1 then remitted_{{ amount }}
    end as numeric(18, 4)) as {{ amount }},
    {% endfor -%}
    charge_amount,
    units,
    claim_paid_amount,
    lines_paid_amount,
    balance_state,
    cast(payment_state as text) as payment_state,
    cast(remitted_adjustment_type as text) as payment_adjustment_type,
    receipt_id,
    record_no,
    expansion_no
from answer
