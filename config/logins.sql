-- The two logins and the database. For psql, as a superuser; may be run again at any time.
-- The embedded server and docker-compose.yml run this file; for a server of your own:
--   OWNER_PASSWORD=... APP_PASSWORD=... psql --username postgres --file config/logins.sql
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

SELECT 'CREATE ROLE tf_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tf_owner') \gexec
SELECT 'CREATE ROLE tf_app' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tf_app') \gexec

-- Makes and changes tables. Bypasses row security, so that a migration reaches every company's rows.
ALTER ROLE tf_owner LOGIN NOSUPERUSER NOCREATEROLE CREATEDB BYPASSRLS PASSWORD :'owner_password';
-- Serves people. Owns nothing, and row security always applies to it.
ALTER ROLE tf_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS NOINHERIT PASSWORD :'app_password';

SELECT 'CREATE DATABASE ticketflower OWNER tf_owner ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'ticketflower') \gexec
