{#-
    Incremental strategy `replace_touched`: delete every target row whose group key is on the work list,
    then insert what the model selected. Unlike delete+insert it also removes a group that became empty.

    A model (or its folder) states meta.group_key and meta.work_list (a model with that key as its column, or with
    the column meta.work_key), and limits its own input with `touched()`. First build and full refresh take everything.
-#}
{% macro get_incremental_replace_touched_sql(arg_dict) %}
    {%- set group_key = config.get('meta')['group_key'] -%}
    {%- set work_key = config.get('meta').get('work_key', group_key) -%}
    {#- by name: the model depends on it through what it reads -#}
    {%- set work_list = this.incorporate(path={'identifier': config.get('meta')['work_list']}) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}

    {{ look_up_by_key() }};
    delete from {{ arg_dict['target_relation'] }}
    where {{ group_key }} in (select {{ work_key }} from {{ work_list }});
    {{ look_up_by_key('on') }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }}
{% endmacro %}


{#- Whether a model of a later step has no table yet, or is built anew: then everything is touched. -#}
{% macro is_first_build(model_name) -%}
    {%- set relation = adapter.get_relation(
        database=target.database, schema='work_' ~ var('payor'), identifier=model_name
    ) if execute and adapter is defined else none -%}
    {{ 'true' if relation is none or flags.FULL_REFRESH else 'false' }}
{%- endmacro %}


{#-
    Predicate that keeps the keys on the work list in an increment and every key in a full build.
    key: the column or expression to test; work_list, group_key: as in the model's meta.
    The ref is outside the condition so that dbt always knows the dependency.
-#}
{% macro touched(key, work_list, group_key) -%}
    {%- set relation = ref(work_list) -%}
    {%- if is_incremental() -%}
        {{ key }} in (select {{ group_key }} from {{ relation }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
