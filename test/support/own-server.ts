/**
 * Imported first by a test file that needs a database server which nobody else has used: it gets an embedded one of its own, also
 * where the run has one for all files (postgres-server.ts).
 */
for (const name of ['TESTS_SERVER_URL', 'TESTS_SERVER_PASSWORD_FILE', 'TESTS_TEMPLATE', 'TESTS_TEMPLATE_URL']) delete process.env[name];
