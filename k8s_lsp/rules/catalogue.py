"""The rules, in the order in which they are listed everywhere."""

from k8s_lsp.rules.base import Rule
from k8s_lsp.rules.correctness.contradictory_privilege_escalation import (
    contradictory_privilege_escalation,
)
from k8s_lsp.rules.correctness.contradictory_user import contradictory_user
from k8s_lsp.rules.correctness.duplicate_key import duplicate_key
from k8s_lsp.rules.correctness.quoted_boolean import quoted_boolean
from k8s_lsp.rules.correctness.unknown_capability import unknown_capability
from k8s_lsp.rules.correctness.yaml_syntax import yaml_syntax
from k8s_lsp.rules.identity.service_account_token_mounted import service_account_token_mounted
from k8s_lsp.rules.identity.writable_root_filesystem import writable_root_filesystem
from k8s_lsp.rules.images.latest_image_tag import latest_image_tag
from k8s_lsp.rules.images.retired_registry import retired_registry
from k8s_lsp.rules.images.stale_image_allowed import stale_image_allowed
from k8s_lsp.rules.images.unpinned_image import unpinned_image
from k8s_lsp.rules.images.untrusted_image_registry import untrusted_image_registry
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
from k8s_lsp.rules.resources.limit_below_request import limit_below_request
from k8s_lsp.rules.resources.milli_byte_quantity import milli_byte_quantity
from k8s_lsp.rules.resources.missing_cpu_limit import missing_cpu_limit
from k8s_lsp.rules.resources.missing_cpu_request import missing_cpu_request
from k8s_lsp.rules.resources.missing_ephemeral_storage_limit import missing_ephemeral_storage_limit
from k8s_lsp.rules.resources.missing_memory_limit import missing_memory_limit
from k8s_lsp.rules.resources.missing_memory_request import missing_memory_request
from k8s_lsp.rules.resources.unbounded_empty_dir import unbounded_empty_dir

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
    latest_image_tag,
    unpinned_image,
    stale_image_allowed,
    retired_registry,
    untrusted_image_registry,
    writable_root_filesystem,
    service_account_token_mounted,
    contradictory_user,
    contradictory_privilege_escalation,
    unknown_capability,
    quoted_boolean,
    duplicate_key,
    yaml_syntax,
)
