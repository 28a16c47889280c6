{#- The keys below are also written by the load (ops.change.key) and indexed on the raw tables
    (warehouse/migrations, payor branch) with the very same expressions: change all of them or none. -#}

{#- The claim that a row names: the one it changes, else itself. -#}
{% macro claim_link_key() -%}
    md5('{{ var("payor") }}|' || coalesce(nullif(original_claim_id, ''), claim_id))
{%- endmacro %}


{#- The claim that a remittance names by the provider's number, as an 837 names it: payee, colon, number. -#}
{% macro provider_claim_key(payee) -%}
    md5('{{ var("payor") }}|' || (nullif({{ payee }}, '') || ':' || patient_control_number))
{%- endmacro %}


{#- A claim by its id. -#}
{% macro claim_key(claim_id) -%}
    md5('{{ var("payor") }}|' || {{ claim_id }})
{%- endmacro %}


{#- One consultation. -#}
{% macro case_key() -%}
    md5('{{ var("payor") }}|' || consultation_id)
{%- endmacro %}


{#- Who the row is about, as vault.person knows them. -#}
{% macro member_key() -%}
    coalesce(nullif(member_id, ''), person_id)
{%- endmacro %}
