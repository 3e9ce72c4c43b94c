#!/bin/sh
# Runs once, when the database is made: a login that may make the roles Holdfast works with, and is no superuser.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$(cat /run/secrets/database-password)" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE holdfast LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE holdfast OWNER holdfast;
SQL
