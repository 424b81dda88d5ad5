"""A pod with a line to break, and a template of one."""

POD = """\
kind: Pod
spec:
  containers:
    - name: first
      image: nginx
      {}
    - name: second
      image: redis
  volumes: []
"""

WHOLE = {"name": "first", "image": "nginx"}

SECOND = {"name": "second", "image": "redis"}

TEMPLATE = """\
{{- if .Values.enabled }}
apiVersion: v1
kind: {{ .Values.kind }}
metadata:
  name: {{ include "x" . }}-pod
  labels:
    {{- include "labels" . | nindent 4 }}
  {{ .Values.key }}: value
spec:
  containers:
    - name: first
      image: "{{ .Values.image }}:{{ .Values.tag }}"
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      args: [{{ .Values.a }}, b]
    - name: second
      resources: {}
    {{/* not }} yet
         {{ the end }} */}}
    - name: third
      image: {{ .Values.image |
        quote }}
  restartPolicy: Always
  hostAliases:
    - {{ .Values.alias }}
{{- end }}
"""


def pod(line: str) -> str:
    return POD.format(line)
