-- Values that senders write where they know nothing; rows that carry them are told, and never linked by.
create table reference.placeholder (
    kind text not null,
    value text not null,
    primary key (kind, value)
);

-- Reasons of adjustments (group, reason and remark codes), by the dates between which they may be used.
create table reference.adjustment_code (
    code_list text not null check (code_list in ('group', 'reason', 'remark')),
    code text not null,
    valid_from date not null,
    valid_to date,
    primary key (code_list, code, valid_from)
);
