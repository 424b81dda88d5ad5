"""The rules, in the order in which they are listed everywhere."""

from k8s_lsp.rules.base import Rule
from k8s_lsp.rules.correctness.contradictory_capability import contradictory_capability
from k8s_lsp.rules.correctness.contradictory_privilege_escalation import (
    contradictory_privilege_escalation,
)
from k8s_lsp.rules.correctness.contradictory_process_namespace import (
    contradictory_process_namespace,
)
from k8s_lsp.rules.correctness.contradictory_user import contradictory_user
from k8s_lsp.rules.correctness.deprecated_service_account_field import (
    deprecated_service_account_field,
)
from k8s_lsp.rules.correctness.duplicate_key import duplicate_key
from k8s_lsp.rules.correctness.ephemeral_containers_in_manifest import (
    ephemeral_containers_in_manifest,
)
from k8s_lsp.rules.correctness.host_users_conflict import host_users_conflict
from k8s_lsp.rules.correctness.incomplete_security_profile import incomplete_security_profile
from k8s_lsp.rules.correctness.legacy_security_annotation import legacy_security_annotation
from k8s_lsp.rules.correctness.misplaced_field import misplaced_field
from k8s_lsp.rules.correctness.missing_config_source import missing_config_source
from k8s_lsp.rules.correctness.misspelled_field import misspelled_field
from k8s_lsp.rules.correctness.namespace_refuses_pod import namespace_refuses_pod
from k8s_lsp.rules.correctness.quoted_boolean import quoted_boolean
from k8s_lsp.rules.correctness.quoted_number import quoted_number
from k8s_lsp.rules.correctness.removed_api_object import removed_api_object
from k8s_lsp.rules.correctness.undeclared_windows_pod import undeclared_windows_pod
from k8s_lsp.rules.correctness.unknown_capability import unknown_capability
from k8s_lsp.rules.correctness.unused_ignore import unused_ignore
from k8s_lsp.rules.correctness.windows_linux_field import windows_linux_field
from k8s_lsp.rules.correctness.yaml_syntax import yaml_syntax
from k8s_lsp.rules.identity.bidirectional_mount import bidirectional_mount
from k8s_lsp.rules.identity.container_runtime_socket import container_runtime_socket
from k8s_lsp.rules.identity.control_plane_toleration import control_plane_toleration
from k8s_lsp.rules.identity.default_service_account import default_service_account
from k8s_lsp.rules.identity.dra_admin_access import dra_admin_access
from k8s_lsp.rules.identity.host_aliases import host_aliases
from k8s_lsp.rules.identity.host_path_persistent_volume import host_path_persistent_volume
from k8s_lsp.rules.identity.host_user_namespace import host_user_namespace
from k8s_lsp.rules.identity.low_user_id import low_user_id
from k8s_lsp.rules.identity.root_group import root_group
from k8s_lsp.rules.identity.sensitive_host_path import sensitive_host_path
from k8s_lsp.rules.identity.service_account_token_mounted import service_account_token_mounted
from k8s_lsp.rules.identity.shared_process_namespace import shared_process_namespace
from k8s_lsp.rules.identity.ssh_port import ssh_port
from k8s_lsp.rules.identity.writable_host_path import writable_host_path
from k8s_lsp.rules.identity.writable_root_filesystem import writable_root_filesystem
from k8s_lsp.rules.images.latest_image_tag import latest_image_tag
from k8s_lsp.rules.images.retired_registry import retired_registry
from k8s_lsp.rules.images.stale_image_allowed import stale_image_allowed
from k8s_lsp.rules.images.unpinned_image import unpinned_image
from k8s_lsp.rules.images.untrusted_image_registry import untrusted_image_registry
from k8s_lsp.rules.network.allow_all_network_policy import allow_all_network_policy
from k8s_lsp.rules.network.dangling_network_policy import dangling_network_policy
from k8s_lsp.rules.network.default_namespace import default_namespace
from k8s_lsp.rules.network.exposed_service import exposed_service
from k8s_lsp.rules.network.ingress_snippet_annotation import ingress_snippet_annotation
from k8s_lsp.rules.network.ingress_without_tls import ingress_without_tls
from k8s_lsp.rules.network.missing_network_policy import missing_network_policy
from k8s_lsp.rules.network.service_external_ips import service_external_ips
from k8s_lsp.rules.network.unlabelled_namespace import unlabelled_namespace
from k8s_lsp.rules.network.wildcard_ingress_host import wildcard_ingress_host
from k8s_lsp.rules.pod_security.added_capability import added_capability
from k8s_lsp.rules.pod_security.capabilities_not_dropped import capabilities_not_dropped
from k8s_lsp.rules.pod_security.custom_selinux_options import custom_selinux_options
from k8s_lsp.rules.pod_security.dangerous_capability import dangerous_capability
from k8s_lsp.rules.pod_security.host_ipc import host_ipc
from k8s_lsp.rules.pod_security.host_network import host_network
from k8s_lsp.rules.pod_security.host_path_volume import host_path_volume
from k8s_lsp.rules.pod_security.host_pid import host_pid
from k8s_lsp.rules.pod_security.host_port import host_port
from k8s_lsp.rules.pod_security.missing_seccomp_profile import missing_seccomp_profile
from k8s_lsp.rules.pod_security.privilege_escalation_allowed import privilege_escalation_allowed
from k8s_lsp.rules.pod_security.privileged_container import privileged_container
from k8s_lsp.rules.pod_security.probe_host import probe_host
from k8s_lsp.rules.pod_security.restricted_volume_type import restricted_volume_type
from k8s_lsp.rules.pod_security.root_user import root_user
from k8s_lsp.rules.pod_security.root_user_allowed import root_user_allowed
from k8s_lsp.rules.pod_security.unconfined_apparmor import unconfined_apparmor
from k8s_lsp.rules.pod_security.unconfined_seccomp import unconfined_seccomp
from k8s_lsp.rules.pod_security.unmasked_proc_mount import unmasked_proc_mount
from k8s_lsp.rules.pod_security.unsafe_sysctl import unsafe_sysctl
from k8s_lsp.rules.pod_security.windows_host_process import windows_host_process
from k8s_lsp.rules.rbac.anonymous_subject import anonymous_subject
from k8s_lsp.rules.rbac.authenticated_group_subject import authenticated_group_subject
from k8s_lsp.rules.rbac.cluster_admin_binding import cluster_admin_binding
from k8s_lsp.rules.rbac.csr_approval_access import csr_approval_access
from k8s_lsp.rules.rbac.default_service_account_binding import default_service_account_binding
from k8s_lsp.rules.rbac.impersonate_access import impersonate_access
from k8s_lsp.rules.rbac.ineffective_rbac_rule import ineffective_rbac_rule
from k8s_lsp.rules.rbac.masters_group_subject import masters_group_subject
from k8s_lsp.rules.rbac.missing_role import missing_role
from k8s_lsp.rules.rbac.namespace_label_access import namespace_label_access
from k8s_lsp.rules.rbac.node_proxy_access import node_proxy_access
from k8s_lsp.rules.rbac.persistent_volume_creation_access import persistent_volume_creation_access
from k8s_lsp.rules.rbac.pod_exec_access import pod_exec_access
from k8s_lsp.rules.rbac.rbac_escalation_access import rbac_escalation_access
from k8s_lsp.rules.rbac.secret_read_access import secret_read_access
from k8s_lsp.rules.rbac.secret_write_access import secret_write_access
from k8s_lsp.rules.rbac.token_creation_access import token_creation_access
from k8s_lsp.rules.rbac.unused_service_account import unused_service_account
from k8s_lsp.rules.rbac.webhook_control_access import webhook_control_access
from k8s_lsp.rules.rbac.wildcard_rbac_rule import wildcard_rbac_rule
from k8s_lsp.rules.rbac.workload_creation_access import workload_creation_access
from k8s_lsp.rules.resources.invalid_quantity import invalid_quantity
from k8s_lsp.rules.resources.limit_below_request import limit_below_request
from k8s_lsp.rules.resources.milli_byte_quantity import milli_byte_quantity
from k8s_lsp.rules.resources.missing_cpu_limit import missing_cpu_limit
from k8s_lsp.rules.resources.missing_cpu_request import missing_cpu_request
from k8s_lsp.rules.resources.missing_ephemeral_storage_limit import missing_ephemeral_storage_limit
from k8s_lsp.rules.resources.missing_memory_limit import missing_memory_limit
from k8s_lsp.rules.resources.missing_memory_request import missing_memory_request
from k8s_lsp.rules.resources.unbounded_empty_dir import unbounded_empty_dir
from k8s_lsp.rules.secrets.credential_in_argument import credential_in_argument
from k8s_lsp.rules.secrets.credential_in_config_map import credential_in_config_map
from k8s_lsp.rules.secrets.literal_credential import literal_credential
from k8s_lsp.rules.secrets.plain_secret import plain_secret
from k8s_lsp.rules.secrets.secret_in_environment import secret_in_environment
from k8s_lsp.rules.secrets.service_account_token_secret import service_account_token_secret

RULES: tuple[Rule, ...] = (
    host_network,
    host_pid,
    host_ipc,
    privileged_container,
    dangerous_capability,
    host_path_volume,
    host_port,
    probe_host,
    unconfined_apparmor,
    custom_selinux_options,
    unmasked_proc_mount,
    unconfined_seccomp,
    unsafe_sysctl,
    windows_host_process,
    privilege_escalation_allowed,
    capabilities_not_dropped,
    added_capability,
    restricted_volume_type,
    root_user_allowed,
    root_user,
    missing_seccomp_profile,
    missing_memory_limit,
    missing_cpu_limit,
    missing_memory_request,
    missing_cpu_request,
    missing_ephemeral_storage_limit,
    unbounded_empty_dir,
    limit_below_request,
    milli_byte_quantity,
    invalid_quantity,
    writable_root_filesystem,
    service_account_token_mounted,
    default_service_account,
    root_group,
    low_user_id,
    host_user_namespace,
    shared_process_namespace,
    bidirectional_mount,
    container_runtime_socket,
    sensitive_host_path,
    writable_host_path,
    control_plane_toleration,
    host_aliases,
    ssh_port,
    host_path_persistent_volume,
    dra_admin_access,
    latest_image_tag,
    unpinned_image,
    stale_image_allowed,
    retired_registry,
    untrusted_image_registry,
    literal_credential,
    credential_in_argument,
    credential_in_config_map,
    plain_secret,
    secret_in_environment,
    service_account_token_secret,
    wildcard_rbac_rule,
    cluster_admin_binding,
    secret_read_access,
    secret_write_access,
    pod_exec_access,
    workload_creation_access,
    impersonate_access,
    rbac_escalation_access,
    csr_approval_access,
    webhook_control_access,
    node_proxy_access,
    token_creation_access,
    persistent_volume_creation_access,
    namespace_label_access,
    anonymous_subject,
    masters_group_subject,
    authenticated_group_subject,
    default_service_account_binding,
    ineffective_rbac_rule,
    missing_role,
    unused_service_account,
    ingress_without_tls,
    ingress_snippet_annotation,
    wildcard_ingress_host,
    service_external_ips,
    exposed_service,
    allow_all_network_policy,
    missing_network_policy,
    dangling_network_policy,
    default_namespace,
    unlabelled_namespace,
    misplaced_field,
    misspelled_field,
    contradictory_user,
    contradictory_privilege_escalation,
    contradictory_capability,
    contradictory_process_namespace,
    host_users_conflict,
    namespace_refuses_pod,
    missing_config_source,
    unknown_capability,
    quoted_boolean,
    quoted_number,
    incomplete_security_profile,
    legacy_security_annotation,
    deprecated_service_account_field,
    ephemeral_containers_in_manifest,
    windows_linux_field,
    undeclared_windows_pod,
    removed_api_object,
    duplicate_key,
    yaml_syntax,
    unused_ignore,
)
