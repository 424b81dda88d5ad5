;;; drive.el --- Does what it is told through a socket, one request a line  -*- lexical-binding: t -*-

;; Runs in every Emacs since 28 that has eglot or lsp-mode, in a terminal, and goes through the
;; commands that a user has wherever it can.

;;; Code:

(require 'json)
(require 'flymake)

(defconst drive-deadline 60 "Seconds that a condition has to come true.")

(setq make-backup-files nil
      auto-save-default nil
      create-lockfiles nil
      ;; It would ask which folder is the project's.
      lsp-auto-guess-root t
      ;; Ten seconds are few where two servers start on two cores, and other tests run beside.
      lsp-response-timeout drive-deadline
      eglot-connect-timeout drive-deadline)

(with-eval-after-load 'jsonrpc
  (setq jsonrpc-default-request-timeout drive-deadline))

(defun drive-until (condition)
  "Wait for CONDITION; return what it gives, or nil after the deadline."
  (let ((end (+ (float-time) drive-deadline)) result)
    (while (and (not (setq result (funcall condition))) (< (float-time) end))
      ;; What Emacs does after a command, or while it waits for one.
      (run-hooks 'post-command-hook)
      (when (bound-and-true-p eglot--managed-mode)
        ;; It waits for a key to be idle after, and nobody presses one.
        (eglot--signal-textDocument/didChange))
      (redisplay)
      (accept-process-output nil 0.02))
    result))

(defun drive-wait (what condition)
  "Wait for CONDITION, and signal that WHAT did not happen if it does not come true."
  (or (drive-until condition) (error "%s did not happen" what)))

(defun drive-uses-lsp-mode ()
  (bound-and-true-p lsp-mode))

(defun drive-ready ()
  (or (bound-and-true-p eglot--managed-mode)
      (and (drive-uses-lsp-mode) (lsp-workspaces))))

(defun drive-go (request)
  (goto-char (point-min))
  (forward-line (1- (gethash "line" request)))
  (forward-char (1- (gethash "column" request))))

(defun drive-place (beg end)
  (save-excursion
    (goto-char beg)
    (let ((bol (line-beginning-position)))
      (format "%d:%d-%d" (line-number-at-pos beg) (1+ (- beg bol)) (1+ (- end bol))))))

(defun drive-flymake-finding (each)
  (let ((place (drive-place (flymake-diagnostic-beg each) (flymake-diagnostic-end each)))
        (text (flymake-diagnostic-text each)))
    (if (string-match "\\[\\([a-z-]+\\)\\]" text)
        (concat place " " (match-string 1 text))
      place)))

(defun drive-lsp-finding (each)
  "Say what lsp-mode knows of a diagnostic, of which it shows no code."
  (let* ((range (gethash "range" each))
         (place (drive-place (lsp--position-to-point (gethash "start" range))
                             (lsp--position-to-point (gethash "end" range)))))
    (if (gethash "code" each) (format "%s %s" place (gethash "code" each)) place)))

(defun drive-shown ()
  (sort (if (drive-uses-lsp-mode)
            ;; Where another server is on PATH, lsp-mode starts that as well.
            (mapcar #'drive-lsp-finding
                    (seq-filter (lambda (each) (equal (gethash "source" each) "k8s-lsp"))
                                (lsp--get-buffer-diagnostics)))
          (flymake-start)
          (mapcar #'drive-flymake-finding (flymake-diagnostics)))
        #'string<))

(defun drive-findings (request)
  (let ((expected (append (gethash "expected" request) nil)))
    (drive-until (lambda () (equal (drive-shown) expected)))
    (vconcat (drive-shown))))

(defun drive-open (request)
  (switch-to-buffer (find-file-noselect (gethash "path" request)))
  (drive-wait "a connection" #'drive-ready)
  nil)

(defun drive-hover (request)
  (drive-go request)
  (let (shown)
    (if (drive-uses-lsp-mode)
        (let ((contents (gethash "contents" (lsp-request "textDocument/hover"
                                                         (lsp--text-document-position-params)))))
          (lsp--render-on-hover-content contents t))
      (eglot-hover-eldoc-function (lambda (text &rest _) (setq shown text)))
      (drive-wait "a hover" (lambda () shown)))))

(defun drive-follow (request)
  (drive-go request)
  (let ((before (point)))
    (call-interactively #'xref-find-definitions)
    (drive-wait "a jump" (lambda () (/= before (point))))
    (format "%d:%d" (line-number-at-pos) (1+ (- (point) (line-beginning-position))))))

(defun drive-choose (request)
  (drive-go request)
  (let* ((titles nil)
         (title (gethash "title" request))
         (before (buffer-chars-modified-tick))
         ;; As if a key had been pressed: after a click there would be a menu.
         (last-nonmenu-event ?x)
         (completing-read-function
          (lambda (_prompt collection &rest _)
            (setq titles (all-completions "" collection))
            (or (seq-find (lambda (each) (equal each title)) titles) (keyboard-quit)))))
    (condition-case nil
        (call-interactively
         (if (drive-uses-lsp-mode) #'lsp-execute-code-action #'eglot-code-actions))
      (quit nil))
    (when (member title titles)
      (drive-wait title (lambda () (/= before (buffer-chars-modified-tick)))))
    (vconcat titles)))

(defun drive-completions (request)
  (drive-go request)
  (pcase (if (drive-uses-lsp-mode) (lsp-completion-at-point) (eglot-completion-at-point))
    (`(,beg ,end ,table . ,_)
     (vconcat (all-completions (buffer-substring-no-properties beg end) table)))
    (_ [])))

(defun drive-accept (request)
  "Complete at a place, and take the only candidate that there is."
  (drive-go request)
  (let ((before (buffer-chars-modified-tick)))
    (call-interactively #'completion-at-point)
    (drive-wait "a completion" (lambda () (/= before (buffer-chars-modified-tick))))
    nil))

(defun drive-lenses (request)
  "Give the lenses of lsp-mode, and click on the first if there is a line; eglot has none."
  (lsp-lens-show)
  (let ((shown (mapcar (lambda (each) (string-trim (overlay-get each 'after-string)))
                       (drive-wait "a lens" (lambda () lsp-lens--overlays))))
        (before (buffer-chars-modified-tick)))
    (when (numberp (gethash "line" request))
      (call-interactively (get-text-property 0 'action (car shown)))
      (drive-wait "a change" (lambda () (/= before (buffer-chars-modified-tick)))))
    (vconcat shown)))

(defun drive-hints (_request)
  "Give what eglot shows in the lines though it is not written there: `18: …'."
  (eglot-inlay-hints-mode 1)
  (let (shown)
    (drive-wait "a hint"
                (lambda ()
                  (eglot--update-hints-1 (point-min) (point-max))
                  (accept-process-output nil 0.1)
                  (setq shown (seq-filter (lambda (each) (overlay-get each 'eglot--inlay-hint))
                                          (overlays-in (point-min) (point-max))))))
    (vconcat (mapcar (lambda (each)
                       (format "%d: %s" (line-number-at-pos (overlay-start each))
                               (string-trim (or (overlay-get each 'before-string)
                                                (overlay-get each 'after-string)))))
                     (sort shown (lambda (a b) (< (overlay-start a) (overlay-start b))))))))

(defun drive-links (_request)
  "Give where the links that lsp-mode shows lead; eglot shows none."
  (vconcat (mapcar (lambda (each)
                     (format "%d: %s" (1+ (gethash "line" (gethash "start" (gethash "range" each))))
                             (gethash "target" each)))
                   (lsp-request "textDocument/documentLink"
                                (list :textDocument (lsp--text-document-identifier))))))

(defun drive-follow-link (request)
  "Push the button that lsp-mode makes of a link."
  (drive-go request)
  (let ((before (current-buffer)))
    ;; It asks for links when nobody has pressed a key for a while.
    (run-hooks 'lsp-on-idle-hook)
    (drive-wait "a link"
                (lambda ()
                  (seq-find (lambda (each) (overlay-get each 'lsp-link)) (overlays-at (point)))))
    (push-button)
    (drive-wait "a page" (lambda () (not (eq before (window-buffer)))))
    (with-current-buffer (window-buffer)
      (format "%s:%d" (file-name-nondirectory buffer-file-name) (line-number-at-pos)))))

(defun drive-write-line (request)
  (goto-char (point-min))
  (forward-line (1- (gethash "line" request)))
  (delete-region (point) (line-end-position))
  (insert (gethash "text" request))
  nil)

(defun drive-save (_request)
  (save-buffer)
  nil)

(defun drive-configure (request)
  (let ((settings (gethash "settings" request)))
    (if (drive-uses-lsp-mode)
        (progn
          (lsp-register-custom-settings
           (mapcar (lambda (key) (list (concat "k8s-lsp." key) (gethash key settings)))
                   (hash-table-keys settings)))
          (lsp--set-configuration (lsp-configuration-section "k8s-lsp")))
      (setq-default eglot-workspace-configuration (list :k8s-lsp settings))
      (eglot-signal-didChangeConfiguration (eglot-current-server)))
    nil))

(defun drive-answer (process line)
  "Do what LINE of PROCESS asks for in the buffer that is shown, and answer."
  (set-buffer (window-buffer))
  (let* ((json-object-type 'hash-table)
         (request (json-parse-string line))
         (do (intern (concat "drive-" (string-replace "_" "-" (gethash "do" request)))))
         (answer (condition-case problem
                     (list :result (or (funcall do request) :null))
                   (error (list :error (error-message-string problem))))))
    (process-send-string process (concat (json-serialize answer) "\n"))))

(defun drive ()
  "Answer requests, each while Emacs waits for a key."
  (let ((rest ""))
    (make-network-process
     :name "drive" :family 'local :service (getenv "DRIVE_SOCKET") :coding 'utf-8
     :filter (lambda (process text)
               (let ((lines (split-string (concat rest text) "\n")))
                 (setq rest (car (last lines)))
                 (dolist (line (butlast lines))
                   (run-at-time 0 nil #'drive-answer process line)))))))

(add-hook 'emacs-startup-hook #'drive)

;;; drive.el ends here
