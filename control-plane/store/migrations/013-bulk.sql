-- Bulk writes (EntityWriter.writeMany). The index by owner began with the three columns that the primary key begins with, so
-- while a table had no statistics yet the planner took the one for the other and read a gateway's whole kind for each value.
-- Begun with the entity it can't be mistaken. (Both names are there for a moment only: one transaction.)
create index entity_unique_of_entity on entity_unique (entity_id, kind, gateway_id, tenant_id);
drop index entity_unique_owner;
