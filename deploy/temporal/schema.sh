#!/bin/sh
# Creates Temporal's databases, or upgrades them. Runs before every start of the server; where there is nothing to do it does nothing.
# Host, user and password come from SQL_* variables.
set -eu

prepare() {
  database=$1
  versions=/etc/temporal/schema/postgresql/v12/$2/versioned
  # Both fail when they were done before. What matters is that the update below succeeds.
  temporal-sql-tool --db "$database" create || true
  temporal-sql-tool --db "$database" setup-schema -v 0.0 || true
  temporal-sql-tool --db "$database" update-schema -d "$versions"
}

prepare temporal temporal
prepare temporal_visibility visibility
