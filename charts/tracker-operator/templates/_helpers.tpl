{{/* Name of what is installed. The release's name, unless it lacks the chart's. */}}
{{- define "tracker-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tracker-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tracker-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* A tag or, with sha256: in front, a digest. */}}
{{- define "tracker-operator.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag -}}
{{- printf "%s%s%s" .Values.image.repository (ternary "@" ":" (hasPrefix "sha256:" $tag)) $tag -}}
{{- end -}}

{{/*
What selects the operator's pods. It never changes for a release, and the trackers' NetworkPolicies know the name.
*/}}
{{- define "tracker-operator.selectorLabels" -}}
app.kubernetes.io/name: tracker-operator
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "tracker-operator.labels" -}}
{{ include "tracker-operator.selectorLabels" . }}
app.kubernetes.io/part-of: trackercluster
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/* The binding's subject, whatever the role. */}}
{{- define "tracker-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "tracker-operator.serviceAccountName" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
{{- end -}}
