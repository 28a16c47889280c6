with

context as (
    select * from {{ source('work', 'run_context') }}
),

person as (
    select * from {{ ref('int_person') }}
),

consultation as (
    select
        *,
        row_number() over (
            partition by case_key
            order by sender_sequence desc, plaintext_sha256 desc, record_no desc, expansion_no desc
        ) as version_rank
    from {{ ref('stg_consultation') }}
),

dated as (
    select
        consultation.*,
        coalesce(
            consultation.status = 'delivered' and consultation.delivered_to_member_date <= context.as_of,
            false
        ) as is_delivered
    from consultation
    cross join context
    where consultation.version_rank = 1
)

select
    dated.payor_id,
    dated.case_key,
    dated.consultation_id,
    person.person_key,
    person.person_key is not null as is_matched_member,
    dated.has_member_id,
    dated.vendor_id,
    dated.contract_id,

    case
        when dated.is_delivered then 'delivered'
        when dated.status = 'cancelled' then 'cancelled'
        else 'requested'
    end as case_status,
    dated.is_delivered,
    case when dated.is_delivered then dated.delivered_to_member_date end as t0,
    dated.requested_date,
    dated.records_complete_date,
    dated.assigned_date,
    dated.acknowledged_date,

    dated.delivery_mode,
    dated.delivery_submode,
    dated.service_type,
    dated.reviewer_count,
    dated.end_user,
    dated.initiation,
    dated.specialty,
    dated.ai_assisted,
    dated.country_code,
    dated.language,
    dated.reviewer_class,
    dated.reviewer_grade,
    dated.reviewer_reason_code,
    dated.reviewer_blinded,
    dated.is_insufficient_information,
    dated.is_unsupported,

    dated.fee_amount,
    dated.currency_code,
    dated.sender_sequence
from dated
-- a member without eligibility is not matched, even if a claim made the person known
left join person
    on dated.person_key = person.person_key
