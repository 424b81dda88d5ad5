// Command admission tells what ValidatingAdmissionPolicies say of objects, as a server would.
//
// It compiles and evaluates them with the API server's own packages, on objects that the server's
// own scheme has decoded: once as they are, and once with the server's defaults.
//
// It runs until its standard input ends. There, each line is a question in JSON: one with `policies`
// sets those that are asked from then on, by a key; one with `object` asks those of the key
// `policies_of` about it. The answer is one line of JSON on the standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/authentication/install"
	_ "k8s.io/kubernetes/pkg/apis/authorization/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/certificates/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/events/install"
	_ "k8s.io/kubernetes/pkg/apis/extensions/install"
	_ "k8s.io/kubernetes/pkg/apis/flowcontrol/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/resource/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
)

// question is one line of the input.
type question struct {
	Key string `json:"key"`
	// Minor is the minor version of the server; its newest where it is 0.
	Minor    uint                                    `json:"minor"`
	Policies []admissionv1.ValidatingAdmissionPolicy `json:"policies"`
	Object   json.RawMessage                         `json:"object"`
}

// form is an object as it was judged, with the messages of the policies that refuse it.
type form struct {
	Object  map[string]any      `json:"object"`
	Refusal map[string][]string `json:"refusals"`
	Errors  map[string][]string `json:"errors"`
}

// answer is what is said of one object: as decoded, and as defaulted.
type answer struct {
	Undecodable string `json:"undecodable,omitempty"`
	Forms       []form `json:"forms,omitempty"`
	// Uncompiled are the errors of policies that do not compile, by their names.
	Uncompiled map[string][]string `json:"uncompiled,omitempty"`
}

// policy is one that was compiled.
type policy struct {
	name      string
	rules     []admissionv1.NamedRuleWithOperations
	validator validating.Validator
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers questions until there are no more.
func serve(in io.Reader, out io.Writer) error {
	reader := bufio.NewReaderSize(in, 1<<20)
	writer := bufio.NewWriter(out)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	compiled := map[string][]policy{}
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 0 {
			var asked question
			if err := json.Unmarshal(line, &asked); err != nil {
				return err
			}
			var told answer
			if asked.Object == nil {
				compiled[asked.Key], told.Uncompiled = compileAll(asked.Policies, asked.Minor)
			} else {
				told = answerTo(asked.Object, compiled[asked.Key])
			}
			if err := encoder.Encode(told); err != nil {
				return err
			}
			if err := writer.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// compileAll compiles policies, and tells the errors of those that do not compile.
func compileAll(
	policies []admissionv1.ValidatingAdmissionPolicy, minor uint,
) ([]policy, map[string][]string) {
	compiled := []policy{}
	uncompiled := map[string][]string{}
	for _, each := range policies {
		validator, problems := compile(&each, minor)
		if len(problems) > 0 {
			uncompiled[each.Name] = problems
		}
		compiled = append(
			compiled, policy{each.Name, each.Spec.MatchConstraints.ResourceRules, validator})
	}
	return compiled, uncompiled
}

// compile does what compilePolicy does in the server's validating/plugin.go, which exports it not.
func compile(
	policy *admissionv1.ValidatingAdmissionPolicy, minor uint,
) (validating.Validator, []string) {
	of := environment.DefaultCompatibilityVersion()
	if minor > 0 {
		of = version.MajorMinor(1, minor)
	}
	environments := environment.MustBaseEnvSet(of)
	compiler, err := plugincel.NewCompositedCompiler(environments)
	if err != nil {
		return nil, []string{err.Error()}
	}
	problems := []string{}
	for _, variable := range policy.Spec.Variables {
		result := compiler.CompileAndStoreVariable(
			&validating.Variable{Name: variable.Name, Expression: variable.Expression},
			plugincel.OptionalVariableDeclarations{HasAuthorizer: true},
			environment.StoredExpressions)
		if result.Error != nil {
			problems = append(problems, variable.Name+": "+result.Error.Error())
		}
	}
	conditions := []plugincel.ExpressionAccessor{}
	for i := range policy.Spec.MatchConditions {
		condition := matchconditions.MatchCondition(policy.Spec.MatchConditions[i])
		conditions = append(conditions, &condition)
	}
	validations := []plugincel.ExpressionAccessor{}
	messages := []plugincel.ExpressionAccessor{}
	for _, each := range policy.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{
			Expression: each.Expression, Message: each.Message, Reason: each.Reason})
		messages = append(messages, &validating.MessageExpressionCondition{
			MessageExpression: each.MessageExpression})
	}
	// What is compiled in the mode of new expressions is what a server accepts.
	for _, each := range slices.Concat(conditions, validations, messages) {
		result := compiler.CompileCELExpression(
			each, plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
		if result.Error != nil {
			problems = append(problems, each.GetExpression()+": "+result.Error.Error())
		}
	}
	options := plugincel.OptionalVariableDeclarations{HasAuthorizer: true}
	evaluator := func(each []plugincel.ExpressionAccessor) plugincel.ConditionEvaluator {
		return compiler.CompileCondition(each, options, environment.StoredExpressions)
	}
	var matcher matchconditions.Matcher
	if len(conditions) > 0 {
		matcher = matchconditions.NewMatcher(
			evaluator(conditions), policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	return validating.NewValidator(
		evaluator(validations), matcher, evaluator(nil), evaluator(messages),
		policy.Spec.FailurePolicy, nil), problems
}

// answerTo decodes an object and asks policies about both of its forms.
func answerTo(raw []byte, policies []policy) answer {
	var kind metav1.TypeMeta
	if err := json.Unmarshal(raw, &kind); err != nil {
		return answer{Undecodable: err.Error()}
	}
	gvk := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
	decoded, err := legacyscheme.Scheme.New(gvk)
	if err != nil {
		return answer{Undecodable: err.Error()}
	}
	if err := json.Unmarshal(raw, decoded); err != nil {
		return answer{Undecodable: err.Error()}
	}
	decoded.GetObjectKind().SetGroupVersionKind(gvk)
	defaulted := decoded.DeepCopyObject()
	legacyscheme.Scheme.Default(defaulted)
	told := answer{}
	for _, each := range []runtime.Object{decoded, defaulted} {
		judged, err := judge(each, gvk, policies)
		if err != nil {
			return answer{Undecodable: err.Error()}
		}
		told.Forms = append(told.Forms, judged)
	}
	return told
}

// judge asks policies about the creation of an object.
func judge(object runtime.Object, gvk schema.GroupVersionKind, policies []policy) (form, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return form{}, err
	}
	told := form{content, map[string][]string{}, map[string][]string{}}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return form{}, err
	}
	resource, _ := meta.UnsafeGuessKindToResource(gvk)
	namespace := accessor.GetNamespace()
	attributes := &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(
			object, nil, gvk, namespace, accessor.GetName(), resource, "", admission.Create,
			&metav1.CreateOptions{}, false, &user.DefaultInfo{Name: "admin"}),
		VersionedKind:   gvk,
		VersionedObject: admission.NewLazyObject(object),
	}
	in := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	for _, each := range policies {
		if !matches(each.rules, resource) {
			continue
		}
		result := each.validator.Validate(
			context.Background(), resource, attributes, nil, in, celconfig.RuntimeCELCostBudget, nil)
		for _, decision := range result.Decisions {
			if decision.Evaluation == validating.EvalError {
				told.Errors[each.name] = append(told.Errors[each.name], decision.Message)
			} else if decision.Action == validating.ActionDeny {
				told.Refusal[each.name] = append(told.Refusal[each.name], decision.Message)
			}
		}
	}
	return told, nil
}

// matches says whether a rule names a resource, in this or, as servers convert, another version.
func matches(rules []admissionv1.NamedRuleWithOperations, resource schema.GroupVersionResource) bool {
	for _, rule := range rules {
		if slices.Contains(rule.APIGroups, resource.Group) &&
			slices.Contains(rule.Resources, resource.Resource) {
			return true
		}
	}
	return false
}
