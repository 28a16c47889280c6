{#-
    The delivered rows of a feed as `source`, with the keys they are found by. A sub-query and no WITH: PostgreSQL
    does not flatten a view that has one, and an increment would read the whole history.
    keys: name of a key -> its expression.
-#}
{% macro delivered_rows(feed, keys) -%}
    (
        select
            *
            {%- for name, expression in keys.items() %},
            {{ expression }} as {{ name }}
            {%- endfor %}
        from {{ source('raw', feed) }}
    ) as source
{%- endmacro %}


{#- Who a delivered row is about, as `person`. member: the row's word for the person. -#}
{% macro join_person(member='source.member_key') -%}
    left join (select * from {{ source('vault', 'person') }}) as person
        on
            person.payor_id = '{{ var("payor") }}'
            and {{ member }} = person.member_id
{%- endmacro %}


{#- The file a delivered row came in, as `receipt`. -#}
{% macro join_receipt() -%}
    left join (select * from {{ source('ops', 'receipt') }}) as receipt
        on source.receipt_id = receipt.receipt_id
{%- endmacro %}
