#!/bin/sh
# Creates the namespace and the search attributes that the workflows set. Does nothing where they are there already.
# The server's address comes from TEMPORAL_ADDRESS.
set -eu
namespace=default

until temporal operator cluster health; do sleep 2; done

temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$namespace" --retention 30d

# A new namespace takes a few seconds to be known everywhere.
until existing=$(temporal operator search-attribute list --namespace "$namespace"); do sleep 2; done

for name in SyncOutcome SyncEntity RejectCode MarketoId MicrosoftId; do
  case $existing in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$namespace" --name "$name" --type Keyword ;;
  esac
done
