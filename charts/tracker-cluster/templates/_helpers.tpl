{{- define "tracker-cluster.name" -}}
{{- default .Release.Name .Values.name -}}
{{- end -}}

{{- define "tracker-cluster.labels" -}}
app.kubernetes.io/part-of: trackercluster
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/* Name of the Secret with the database's URL: the chart's own, or the given one. */}}
{{- define "tracker-cluster.databaseSecret" -}}
{{- default (printf "%s-database" (include "tracker-cluster.name" .)) .Values.database.postgres.existingSecret -}}
{{- end -}}

{{/* Whether this cluster has a shared home. */}}
{{- define "tracker-cluster.hasSharedHome" -}}
{{- if or .Values.sharedHome.size .Values.sharedHome.existingClaim }}yes{{ end -}}
{{- end -}}

{{/*
What the API server would refuse, said before anything is sent. The definition has the same rules.
*/}}
{{- define "tracker-cluster.check" -}}
{{- $name := include "tracker-cluster.name" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$" $name) -}}
{{- fail (printf "the name %q must have at most 40 characters, only a-z, 0-9 and '-', start with a letter and not end with '-': set the value name" $name) -}}
{{- end -}}
{{- $postgres := .Values.database.postgres -}}
{{- if eq .Values.database.kind "postgres" -}}
{{- if not (or $postgres.url $postgres.existingSecret) -}}
{{- fail "database.kind is postgres: set database.postgres.existingSecret, or database.postgres.url" -}}
{{- end -}}
{{- if and $postgres.url $postgres.existingSecret -}}
{{- fail "set one of database.postgres.url and database.postgres.existingSecret, not both" -}}
{{- end -}}
{{- else if or $postgres.url $postgres.existingSecret $postgres.caSecret -}}
{{- fail "database.postgres is set but database.kind is sqlite: set database.kind to postgres" -}}
{{- end -}}
{{- if and .Values.sharedHome.size .Values.sharedHome.existingClaim -}}
{{- fail "set one of sharedHome.size and sharedHome.existingClaim, not both" -}}
{{- end -}}
{{- if and .Values.sharedHome.storageClassName (not .Values.sharedHome.size) -}}
{{- fail "sharedHome.storageClassName needs sharedHome.size" -}}
{{- end -}}
{{- if gt (int .Values.nodes) 1 -}}
{{- if eq .Values.database.kind "sqlite" -}}
{{- fail "SQLite serves one node only: set nodes to 1, or database.kind to postgres" -}}
{{- end -}}
{{- if not (include "tracker-cluster.hasSharedHome" .) -}}
{{- fail "more than one node needs a shared home: set sharedHome.size or sharedHome.existingClaim" -}}
{{- end -}}
{{- end -}}
{{- end -}}
