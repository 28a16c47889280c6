-- Each step may do its own work and nothing else.
revoke create on schema public from public;
revoke all on database ${database} from public;
grant connect on database ${database} to ${app}, ${bi};
grant temporary on database ${database} to ${loader}, ${transformer}, ${gatekeeper}, ${publisher};

grant usage on schema ops to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter};
grant usage on schema reference to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter};
grant usage on schema vault to ${loader}, ${transformer};
grant usage on schema mart to ${publisher}, ${transformer};
grant usage on schema bi to ${reporter}, ${bi};

grant select on all tables in schema reference
to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter};
alter default privileges in schema reference grant select on tables
to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter};

revoke execute on all functions in schema reference from public;
grant execute on all functions in schema reference to ${transformer}, ${publisher}, ${reporter};

grant select on ops.payor, ops.receipt, ops.change, ops.run, ops.release, ops.release_pointer,
ops.basis, ops.basis_parameter, ops.check_register, ops.gate_result, ops.mart_contract,
ops.installation, ops.quarantine
to ${loader}, ${transformer}, ${gatekeeper}, ${publisher}, ${reporter};
grant select on ops.release_event to ${publisher}, ${reporter};

grant insert, update on ops.receipt to ${loader};
grant insert on ops.quarantine to ${loader};
grant update (state) on ops.quarantine to ${loader};
grant insert on ops.change to ${loader};
grant select, insert on vault.person to ${loader};

grant select on vault.person to ${transformer};
grant insert on ops.basis, ops.basis_parameter, ops.change to ${transformer};

grant insert, update on ops.gate_result to ${gatekeeper};

grant select, insert, update on ops.run_fence, ops.run, ops.release, ops.release_pointer to ${publisher};
grant insert on ops.release_event to ${publisher};
grant update (released_in) on ops.change to ${publisher};
