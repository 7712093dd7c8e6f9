//! Everything that the pages say, in both languages. A word that one of them lacks does not compile.

use serde::Serialize;
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Pt,
    En,
}

impl Lang {
    /// As HTML names it.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Pt => "pt-BR",
            Lang::En => "en",
        }
    }
}

macro_rules! words {
    ($($name:ident: $pt:literal, $en:literal;)*) => {
        pub struct Words {
            $(pub $name: &'static str,)*
        }
        pub static PT: Words = Words { $($name: $pt,)* };
        pub static EN: Words = Words { $($name: $en,)* };

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $pt, $en),)*];
    };
}

words! {
    // Around every page.
    skip: "Ir para o conteúdo", "Skip to the content";
    nav: "Seções", "Parts";
    applications: "Aplicações", "Exams";
    application: "Aplicação", "Exam";
    batches: "Lotes", "Batches";
    batch: "Lote", "Batch";
    packages: "Malotes", "Packages";
    leave: "Sair", "Sign out";
    to_start: "Ir para o início", "Go to the start";
    technical: "Detalhes técnicos", "Technical details";
    request_id: "Número do pedido", "Request";
    close: "Fechar", "Close";
    save: "Guardar", "Save";
    search: "Procurar", "Search";
    older: "Mais antigos", "Older";
    latest: "Última novidade", "Latest";
    state: "Situação", "State";
    file: "Arquivo", "File";
    files: "Arquivos", "Files";
    size: "Tamanho", "Size";
    page: "Página", "Page";
    pages: "Páginas", "Pages";
    p: "p.", "p.";
    previous: "Anterior", "Previous";
    next: "Próxima", "Next";
    student: "Estudante", "Student";
    enrollment: "matrícula", "student number";
    and_others: "e mais {}", "and {} more";
    pages_of: "{} de {} páginas", "{} of {} pages";
    progress: "Andamento", "Progress";

    // Signing in.
    enter: "Entrar", "Sign in";
    enter_user: "Usuário", "User";
    enter_password: "Senha ou chave de acesso", "Password or API key";
    enter_bad: "Usuário ou senha não conferem. Veja se o Caps Lock está ligado.", "User and password do not match. Is Caps Lock on?";
    enter_token_bad: "Este link de entrada venceu ou já foi usado. Volte ao sistema da escola e abra de novo.", "This link has expired or was used before. Go back to your school's system and open it again.";
    enter_help: "Se você usa o sistema da escola, entre por lá: não precisa de outra senha.", "If you use your school's system, come from there: you need no other password.";

    // Exams.
    applications_none: "Nenhuma aplicação ainda. Ela aparece aqui quando um malote é impresso ou um lote é enviado.", "No exams yet. They appear here when a package is printed or a batch is sent.";
    sheets_printed: "Folhas impressas", "Sheets printed";
    reconciliation_tab: "Conferência", "Printed and read";
    reconciliation: "Conferência: impressas e lidas", "Printed against read";
    nothing_printed: "Nada desta aplicação foi impresso aqui; só há o que foi lido.", "Nothing of this exam was printed here; there is only what was read.";
    c_printed: "impressas", "printed";
    c_read: "lidas", "read";
    c_review: "a conferir", "to review";
    c_absent: "ausentes", "absent";
    c_missing: "faltando", "missing";
    one_printed: "{} impressa", "{} printed";
    many_printed: "{} impressas", "{} printed";
    one_read: "{} lida", "{} read";
    many_read: "{} lidas", "{} read";
    one_to_review: "{} a conferir", "{} to review";
    many_to_review: "{} a conferir", "{} to review";
    one_absent: "{} ausente", "{} absent";
    many_absent: "{} ausentes", "{} absent";
    one_missing: "{} faltando", "{} missing";
    many_missing: "{} faltando", "{} missing";
    one_duplicate: "{} página repetida", "{} page twice";
    many_duplicate: "{} páginas repetidas", "{} pages twice";
    one_spare: "{} folha avulsa usada", "{} spare sheet used";
    many_spare: "{} folhas avulsas usadas", "{} spare sheets used";
    one_foreign: "{} página que não é nossa", "{} page that is not ours";
    many_foreign: "{} páginas que não são nossas", "{} pages that are not ours";
    show_names: "Mostrar nomes", "Show names";
    missing_do: "Faltam folhas. Procure no envelope da sala e envie o que achar; se o estudante não veio, marque “Ausente” na lista de presença e envie a lista.", "Sheets are missing. Look in the room's envelope and send what you find; if the student was absent, mark “Ausente” on the attendance list and send the list.";
    review_do: "Há folhas com respostas em dúvida: até que alguém confira, a nota é provisória.", "Some sheets have doubtful answers: until somebody has reviewed them, their grades are provisional.";
    chosen_here: "Só: {}", "Only: {}";
    absent_but_read_do: "Há estudantes marcados como ausentes com folha lida: confira a lista de presença da sala.", "Some students are marked absent and have a sheet that was read: check the room's attendance list.";
    all_there: "Tudo o que foi impresso foi lido ou está ausente.", "Everything that was printed was read, or is absent.";

    // Sending scans.
    send_scans: "Enviar digitalizações", "Send scans";
    upload_intro: "Escolha os arquivos da copiadora ou fotografe as folhas. A ordem e a posição das páginas não importam, e folhas de várias provas podem ir juntas.", "Choose the copier's files, or photograph the sheets. The order and the position of the pages do not matter, and sheets of several exams may go together.";
    upload_application: "De qual aplicação?", "Of which exam?";
    upload_any: "Descobrir pelas folhas", "Find out from the sheets";
    upload_choose: "Escolha um ou mais arquivos.", "Choose one or more files.";
    upload_drop: "Arraste os arquivos para cá, ou escolha.", "Drag files here, or choose them.";
    upload_files: "Arquivos de digitalização", "Scanned files";
    upload_camera: "Fotografar uma folha", "Photograph a sheet";
    upload_kinds: "PDF, TIFF, JPEG, PNG, WebP ou ZIP; 200 a 300 dpi, em tons de cinza.", "PDF, TIFF, JPEG, PNG, WebP or ZIP; 200 to 300 dpi, in gray.";
    upload_go: "Ler estas folhas", "Read these sheets";
    upload_photo: "foto", "photo";
    upload_remove: "Tirar", "Remove";
    upload_not_a_scan: "Isto não é uma digitalização: envie PDF, TIFF, JPEG, PNG, WebP ou ZIP.", "This is no scan: send PDF, TIFF, JPEG, PNG, WebP or ZIP.";
    upload_empty: "O arquivo está vazio: digitalize ou copie de novo.", "The file is empty: scan or copy it again.";
    upload_too_large: "O arquivo passa de {}: divida em partes.", "The file has more than {}: split it.";
    upload_unreadable: "O navegador não conseguiu ler o arquivo: escolha de novo.", "The browser could not read the file: choose it again.";
    upload_refused: "Não foi aceito: {}", "Not taken: {}";
    upload_busy: "O serviço está ocupado; tentando de novo em {} s.", "The service is busy; trying again in {} s.";
    upload_offline: "Sem conexão; tentando de novo em {} s. O que já foi enviado não se perde.", "No connection; trying again in {} s. What was sent is not lost.";
    upload_so_far: "{}% de {}", "{}% of {}";
    upload_kept: "Ainda não foi enviado inteiro. Continua quando você tocar em “{}”", "Not all of it was sent. Goes on when you press “{}”";
    upload_done: "Enviado ({})", "Sent ({})";
    upload_ready: "{} de {} arquivos enviados", "{} of {} files sent";
    upload_then: "A leitura começa quando o último arquivo chegar.", "Reading begins when the last file has arrived.";

    // A batch.
    batches_none: "Nenhum lote ainda. Envie as folhas digitalizadas para que sejam lidas.", "No batches yet. Send scanned sheets to have them read.";
    sent_at: "Enviado em", "Sent";
    to_review: "A conferir", "To review";
    state_queued: "na fila", "waiting";
    state_running: "em andamento", "under way";
    state_done: "pronto", "done";
    state_failed: "falhou", "failed";
    state_cancelled: "cancelado", "cancelled";
    opening_files: "Abrindo os arquivos…", "Opening the files…";
    batch_failed: "O lote não pôde ser lido. Envie os arquivos de novo.", "The batch could not be read. Send the files again.";
    by_outcome: "Páginas por resultado", "Pages by outcome";
    cancel_batch: "Parar a leitura", "Stop reading";
    one_waits: "{} página espera por você.", "{} page waits for you.";
    many_wait: "{} páginas esperam por você.", "{} pages wait for you.";
    review_now: "Conferir agora", "Review now";
    nothing_waits: "Nada a conferir: todas as páginas foram lidas com segurança.", "Nothing to review: all pages were read safely.";
    hints: "Conselhos para a copiadora", "Advice for the scanner";
    on_pages_of: "{} de {} páginas", "{} of {} pages";
    hint_low_dpi: "A resolução está baixa: digitalize a 200 ou 300 dpi.", "The resolution is low: scan at 200 or 300 dpi.";
    hint_uneven_dpi: "A resolução difere entre largura e altura: escolha a mesma para as duas.", "The resolution differs between width and height: choose the same for both.";
    hint_streak: "Há um risco de cima a baixo: limpe o vidro estreito do alimentador.", "A streak runs down the page: clean the feeder's narrow glass.";
    hint_resized: "As folhas não têm o tamanho certo: imprima e copie em 100%, sem “ajustar à página”.", "The sheets are not in their true size: print and copy at 100%, without “fit to page”.";
    hint_light: "A digitalização está clara demais: aumente o contraste ou escureça.", "The scan is too light: raise the contrast, or darken it.";
    hint_bitonal: "A digitalização é só preto e branco: escolha tons de cinza, para que lápis fraco apareça.", "The scan is black and white only: choose gray, so that light pencil shows.";
    hint_cut: "As margens estão cortadas: digitalize a folha inteira, em A4.", "The margins are cut off: scan the whole sheet, in A4.";
    not_read: "Folhas impressas que não vieram neste lote", "Printed sheets that were not in this batch";
    not_read_do: "Podem estar em outro lote. A conferência da aplicação soma todos.", "They may be in another batch. The exam's page adds up all of them.";
    not_read_of: "{} de {} não vieram", "{} of {} are missing";
    who: "Quais", "Which";
    all_pages: "Todas as páginas", "All pages";
    no_pages: "Nenhuma página aqui.", "No pages here.";
    more_pages: "Mais páginas", "More pages";
    outcome_read: "lida", "read";
    outcome_review: "a conferir", "to review";
    outcome_unidentified: "sem identificação", "unidentified";
    outcome_blank: "em branco", "blank";
    outcome_foreign: "não é nossa", "not ours";
    outcome_error: "com erro", "error";
    outcome_discarded: "descartada", "discarded";
    outcome_duplicate: "repetida", "duplicate";
    outcomes_read: "lidas", "read";
    outcomes_review: "a conferir", "to review";
    outcomes_unidentified: "sem identificação", "unidentified";
    outcomes_blank: "em branco", "blank";
    outcomes_foreign: "não são nossas", "not ours";
    outcomes_error: "com erro", "with errors";
    one_in_doubt: "{} resposta em dúvida", "{} answer in doubt";
    many_in_doubt: "{} respostas em dúvida", "{} answers in doubt";

    // A page.
    identified_by: "Identificada por", "Identified by";
    by_qr: "QR", "QR code";
    by_backup: "código reserva", "backup code";
    by_printed_code: "código impresso", "printed code";
    by_vision: "código impresso, por leitura de texto", "printed code, by OCR";
    by_roster: "matrícula preenchida", "number filled in";
    by_person: "uma pessoa", "a person";
    resolution: "Resolução", "Resolution";
    show_overlay: "Mostrar o que foi lido", "Show what was read";
    hide_overlay: "Mostrar só a folha", "Show the sheet alone";
    full_size: "Abrir a imagem", "Open the picture";
    fields: "O que foi lido", "What was read";
    field: "Campo", "Field";
    value: "Valor", "Value";
    sure: "certeza", "certainty";
    correct: "Corrigir", "Correct";
    history: "Decisões de quem conferiu", "What people decided";
    undone: "desfez a decisão anterior", "took the last decision back";
    discard: "Descartar a página", "Discard the page";
    restore: "Restaurar a página", "Restore the page";
    identify: "Dizer de quem é", "Say whose it is";
    answer_blank: "em branco", "blank";
    answer_multiple: "mais de uma", "more than one";
    answer_invalid: "não vale", "not valid";
    answer_written: "há algo escrito", "something is written";
    mark_empty: "vazia", "empty";
    mark_filled: "cheia", "filled";
    mark_faint: "fraca", "faint";
    mark_erased: "apagada", "erased";
    mark_crossed: "com X", "crossed";
    mark_checked: "com ✓", "ticked";
    mark_cancelled: "anulada", "cancelled";
    mark_outside: "fora da imagem", "outside";
    mark_ambiguous: "ambígua", "ambiguous";
    issue_discarded: "descartada por uma pessoa", "discarded by a person";
    issue_reader_died: "a página não pôde ser aberta: digitalize de novo", "the page could not be opened: scan it again";
    issue_not_fetched: "o arquivo não pôde ser buscado: envie-o aqui", "the file could not be fetched: send it here";
    issue_page_gone: "a página não está mais no arquivo", "the page is not in the file any more";
    issue_unknown_layout: "folha que não foi impressa aqui", "a sheet that was not printed here";
    issue_unknown_model: "modelo de folha que não se conhece aqui", "a kind of sheet that is not known here";
    issue_wrong_mac: "o código não é de uma folha impressa aqui, ou foi mexido", "its code is not of a sheet printed here, or was tampered with";

    // Reviewing.
    review: "Revisão", "Review";
    kinds: "O que conferir", "What to review";
    kind_all: "tudo", "all";
    kind_identity: "de quem é?", "whose?";
    kind_pair: "repetidas", "twice";
    kind_page: "outras páginas", "other pages";
    kind_fields: "respostas", "answers";
    ask_identity: "De quem é esta página?", "Whose page is this?";
    ask_pair: "Qual das duas vale?", "Which of the two counts?";
    ask_page: "Esta página está certa?", "Is this page right?";
    one_left: "falta {}", "{} left";
    many_left: "faltam {}", "{} left";
    crop_of: "Recorte do campo", "Picture of the field";
    guess: "Parece", "Looks like";
    printed_options: "Alternativas impressas", "Printed answers";
    saved: "Guardado.", "Saved.";
    saving: "Guardando {}…", "Saving {}…";
    offline: "Sem conexão; tentando de novo. Não feche a página.", "No connection; trying again. Do not close the page.";
    changed: "Alguém mudou esta página nesse meio-tempo: veja de novo.", "Somebody changed this page in the meantime: look again.";
    undo: "Desfazer", "Undo";
    skip_it: "Pular", "Skip";
    zoom: "Ampliar", "Zoom";
    whole_page: "Página inteira", "Whole page";
    this_page: "Esta página", "This page";
    other_page: "A outra", "The other";
    this_counts: "Vale esta", "This one counts";
    other_counts: "Vale a outra", "The other one counts";
    both_count: "Valem as duas", "Both count";
    differing: "Campos que diferem", "Fields that differ";
    whose: "De quem é?", "Whose is it?";
    printed_code: "Código impresso sob o QR", "Printed code under the QR";
    printed_code_help: "São 24 letras e números; espaços e minúsculas não importam.", "24 letters and digits; spaces and lower case do not matter.";
    roster_search: "Nome ou matrícula, ou parte", "Name or student number, or a part";
    nobody_found: "Ninguém desta aplicação tem este nome ou número.", "Nobody of this exam has this name or number.";
    it_stands: "Está certa assim", "It is right as it is";
    review_end: "Nada mais em dúvida", "Nothing is in doubt any more";
    review_end_do: "O que você decidiu está guardado, com seu nome de usuário e a hora.", "What you decided is kept, with your user name and the time.";
    back_to_batch: "Voltar ao lote", "Back to the batch";
    second_blind: "Outra pessoa já decidiu. O que você vê, sem saber o que ela disse?", "Somebody else has decided. What do you see, without knowing what they said?";
    one_second: "{} decisão espera por uma segunda pessoa.", "{} decision waits for a second person.";
    many_second: "{} decisões esperam por uma segunda pessoa.", "{} decisions wait for a second person.";
    second_now: "Ver de novo", "Look again";
    keys: "Teclas", "Keys";
    key_answer: "marca esta resposta", "this is the answer";
    key_enter: "aceita o que parece", "take what it looks like";
    key_blank: "em branco", "blank";
    key_multiple: "mais de uma marcada", "more than one is marked";
    key_skip: "pula", "skip";
    key_undo: "desfaz a última", "take the last one back";
    key_zoom: "amplia", "zoom";
    key_page: "mostra a página inteira", "show the whole page";

    // Packages.
    packages_none: "Nenhum malote ainda. O sistema da escola os manda imprimir.", "No packages yet. Your school's system has them printed.";
    ordered_at: "Pedido em", "Ordered";
    sheets: "Folhas de resposta", "Answer sheets";
    package_failed: "O malote não pôde ser impresso.", "The package could not be printed.";
    reprint: "Imprimir de novo", "Print again";
    reprint_help: "As mesmas páginas, com os mesmos códigos. Se as duas vias voltarem com respostas diferentes, alguém confere qual vale.", "The same pages with the same codes. If both copies come back with different answers, somebody checks which of them counts.";
    files_to_print: "Para imprimir", "To print";
    files_for_systems: "Para sistemas", "For other systems";
    reprint_student: "Matrícula do estudante", "Student number";
    reprint_room: "Sala", "Room";

    // Results.
    results: "Resultados", "Results";
    no_key_yet: "Ainda não há gabarito, e sem ele não há notas. Com o gabarito, tudo o que já foi lido é corrigido na hora.", "There is no answer key yet, and without it no grades. With the key, all that was read is graded at once.";
    give_key: "Preencher o gabarito", "Fill in the key";
    standings_graded: "corrigidas", "graded";
    standings_provisional: "provisórias", "provisional";
    standings_absent: "ausentes", "absent";
    standings_eliminated: "eliminados", "eliminated";
    standings_not_read: "não lidas", "not read";
    standing_graded: "corrigida", "graded";
    standing_provisional: "provisória", "provisional";
    standing_absent: "ausente", "absent";
    standing_eliminated: "eliminado", "eliminated";
    standing_not_read: "não lida", "not read";
    mean: "média das corrigidas", "mean of the graded";
    provisional_do: "Notas provisórias esperam a conferência de alguma resposta.", "Provisional grades wait for an answer to be reviewed.";
    review_batch: "Conferir o lote {} de {}", "Review batch {} of {}";
    unit: "Unidade", "Unit";
    room: "Sala", "Room";
    class: "Turma", "Class";
    any: "todas", "all";
    filter: "Filtrar", "Filter";
    points: "Pontos", "Points";
    of_max: "de {}", "of {}";
    nobody_read: "Nada foi corrigido ainda: das folhas desta aplicação que chegaram, nenhuma tem campos conhecidos. Veja nos lotes o que foi lido; folhas impressas aqui são corrigidas assim que são lidas.", "Nothing is graded yet: of this exam's sheets that came none has fields that are known. Look at the batches for what was read; sheets that were printed here are graded as soon as they are read.";
    nobody_here: "Nenhum estudante com estes filtros.", "Nobody here with these choices.";
    more_students: "Mais estudantes", "More students";
    download: "Baixar estas notas", "Download these grades";
    file_csv: "CSV (planilha)", "CSV (spreadsheet)";
    file_xlsx: "Excel", "Excel";
    file_txt: "texto de largura fixa", "text of fixed width";
    file_parquet: "Parquet", "Parquet";
    sheet: "folha", "sheet";
    booklet: "Caderno", "Booklet";
    chosen_language: "Língua escolhida", "Language chosen";
    question: "Questão", "Question";
    questions: "Questões", "Questions";
    was_read: "Lido", "Read";
    right: "Gabarito", "Key";
    verdict: "Resultado", "Outcome";
    rule: "Regra", "Rule";
    why: "Por quê", "Why";
    answer_missing: "página não lida", "page not read";
    verdict_correct: "certa", "right";
    verdict_partial: "em parte", "in part";
    verdict_incorrect: "errada", "wrong";
    verdict_doubtful: "a conferir", "to review";
    verdict_waiting: "aguarda", "waiting";
    verdict_annulled: "anulada", "annulled";
    scanned_pages: "Páginas lidas", "Pages read";

    // The key.
    key: "Gabarito", "Answer key";
    key_none: "Ainda não há gabarito. As questões abaixo são as que foram impressas.", "There is no key yet. The questions below are those that were printed.";
    key_nothing: "Não há questões para preencher: desta aplicação nada foi impresso aqui, e das folhas que chegaram não se conhecem os campos. Se há um malote a imprimir, peça-o no sistema da escola; se as folhas já foram lidas aqui em outra aplicação, envie-as de novo por ela; ou envie abaixo o gabarito inteiro, com os nomes dos campos.", "There are no questions to fill in: nothing of this exam was printed here, and the fields of the sheets that came are not known. If a package is to be printed, order it in your school's system; if the sheets belong to another exam, send them again for that one; or send the whole key below, with the names of the fields.";
    key_file: "Enviar o gabarito como arquivo (KEY.json)", "Send the key as a file (KEY.json)";
    key_file_send: "Enviar o arquivo e corrigir", "Send the file and grade";
    key_help: "Várias respostas certas: B; D. Cada uma com seu valor: A = 1; C = 0,5. Sem pontos, a questão vale 1.", "Several that are right: B; D. Each with a value of its own: A = 1; C = 0.5. Without points a question is worth 1.";
    key_earlier: "Esta é a revisão {}, que não vale mais. Guarde para que volte a valer.", "This is revision {}, which holds no more. Save it to put it back.";
    key_stale: "Alguém guardou outro gabarito enquanto você preenchia este. O que você digitou está aqui; confira, e guarde de novo para que valha.", "Somebody saved another key while you filled in this one. What you typed is here; check it, and save again to make it hold.";
    key_faulty: "O gabarito não foi guardado: há o que corrigir.", "The key was not saved: there is something to mend.";
    key_saved: "Gabarito guardado.", "Key saved.";
    one_regraded: "{} prova corrigida.", "{} paper graded.";
    many_regraded: "{} provas corrigidas.", "{} papers graded.";
    none_moved: "Nenhuma nota mudou.", "No grade moved.";
    one_moved: "1 nota mudou.", "1 grade moved.";
    many_moved: "{} notas mudaram.", "{} grades moved.";
    moved: "Notas que mudaram", "Grades that moved";
    before: "Antes", "Before";
    after: "Agora", "Now";
    right_answer: "Resposta certa", "Right answer";
    annul: "Anular", "Annul";
    reason: "Motivo", "Reason";
    not_annulled: "não anulada", "not annulled";
    effect_give_all: "pontos para todos", "points for everybody";
    effect_give_to_answered: "pontos para quem respondeu", "points for who answered";
    effect_redistribute: "pontos para as demais questões", "points to the other questions";
    effect_drop: "não conta", "does not count";
    rule_default: "certa ou errada", "right or wrong";
    rule_exact: "certa ou errada (exact/1)", "right or wrong (exact/1)";
    rule_alternatives: "um valor por alternativa", "a value for each answer";
    rule_true_false: "verdadeiro ou falso", "true or false";
    rule_sum_exact: "somatória: tudo ou nada", "sum: all or nothing";
    rule_sum_proportional: "somatória: proporcional", "sum: in proportion";
    rule_sum_ufsc: "somatória: fórmula da UFSC", "sum: UFSC's formula";
    rule_numeric: "valor numérico", "a number";
    rule_own: "como está ({})", "as it is ({})";
    rule_not_counted: "fora do gabarito", "not in the key";
    scale: "Nota máxima", "Highest grade";
    scale_help: "vazia: a soma dos pontos", "empty: the sum of the points";
    save_key: "Guardar e corrigir", "Save and grade";
    key_whole: "O gabarito inteiro, em JSON", "The whole key, as JSON";
    key_whole_help: "Para o que a tabela não diz: disciplinas, blocos, versões, regras com parâmetros, arredondamento.", "For what the table does not say: subjects, blocks, versions, rules with parameters, rounding.";
    save_whole: "Guardar o JSON e corrigir", "Save the JSON and grade";
    key_fault_answer: "Falta a resposta certa (ou escolha “fora do gabarito”), ou a regra não aceita o que está escrito.", "The right answer is missing (or choose “not in the key”), or the rule does not take what is written.";
    key_fault_points: "Os pontos não são um número que valha: escreva 1 ou 0,5.", "The points are not a valid number: write 1 or 0.5.";
    key_fault_rule: "A regra não serve assim; se pede mais, escreva-a no JSON, abaixo.", "The rule does not do; if it needs more, write it in the JSON below.";
    key_fault_annulled: "Esta anulação não é possível.", "This annulment is not possible.";
    revisions: "Revisões", "Revisions";
    revision: "Revisão", "Revision";
    set_at: "Guardada em", "Saved";
    set_by: "Por", "By";
    grades_moved: "Notas que mudou", "Grades it moved";
    holds: "vale", "holds";

    // Statistics.
    statistics: "Estatísticas", "Statistics";
    alpha_of: "Calculado com {} de {} estudantes: os que já têm todas as respostas lidas e decididas.", "Of {} of {} students: those of whom all answers are read and decided.";
    alpha_no_questions: "A fidedignidade não pode ser calculada: é preciso haver ao menos duas questões que valham para todos (as de língua estrangeira e as anuladas não contam).", "There is no reliability: it takes at least two questions that everybody was asked (those of a language that is chosen, and annulled ones, do not count).";
    alpha_no_students: "A fidedignidade ainda não pode ser calculada: é preciso haver ao menos dois estudantes com todas as respostas lidas e decididas, e agora há {}. Confira as respostas em dúvida e envie as páginas que faltam.", "There is no reliability yet: it takes at least two students of whom all answers are read and decided, and now there are {}. Review the doubtful answers and send the pages that are missing.";
    alpha_no_spread: "A fidedignidade não pode ser calculada: todos tiveram os mesmos pontos.", "There is no reliability: everybody had the same points.";
    nothing_graded: "Nenhuma prova lida ainda: não há o que contar.", "No paper was read yet: there is nothing to count.";
    students: "Estudantes", "Students";
    mean_score: "Média", "Mean";
    median: "Mediana", "Median";
    deviation: "Desvio-padrão", "Standard deviation";
    alpha: "alfa de Cronbach", "Cronbach's alpha";
    reliability_help: "Fidedignidade: de 0 a 1, o quanto outra prova igual daria as mesmas notas.", "Reliability: from 0 to 1, how far an equal exam would give the same grades.";
    histogram_alt: "Histograma das notas: quantos estudantes em cada faixa de acertos", "Histogram of the scores: how many students in each band";
    facility: "Facilidade", "Facility";
    facility_help: "Facilidade: a parte dos pontos que os estudantes tiveram. Discriminação: os 27% melhores menos os 27% mais fracos; perto de zero, a questão não separa uns dos outros.", "Facility: the share of the points that students had. Discrimination: the upper 27% less the lower 27%; near zero the question does not tell them apart.";
    discrimination: "Discriminação", "Discrimination";
    item_rest: "Correlação com as demais", "Correlation with the others";
    remarks: "O que olhar", "What to look at";
    remark_negative: "Quem sabe mais erra mais: confira o gabarito.", "Those who know more have it wrong more often: check the key.";
    remark_attracts: "Uma alternativa errada atrai os melhores: veja se não está certa também.", "A wrong answer attracts the best: see whether it is right too.";
    remark_beats: "Uma alternativa errada foi mais marcada que a certa: confira o gabarito.", "A wrong answer was chosen more often than the right one: check the key.";
    remark_unused: "Quase ninguém marcou uma das alternativas.", "Almost nobody chose one of the answers.";
    remark_easy: "Quase todos acertam: diz pouco.", "Almost everybody has it right: it says little.";
    remark_hard: "Quase todos erram: diz pouco, ou o gabarito está errado.", "Almost everybody has it wrong: it says little, or the key is wrong.";
    who_chose: "Quem marcou o quê", "Who chose what";
    chosen: "Marcaram", "Chose it";
    upper: "27% melhores", "Upper 27%";
    lower: "27% mais fracos", "Lower 27%";
    their_mean: "Média de quem marcou", "Their mean";
    curve_alt: "Questão {}: como os acertos crescem com o desempenho nas demais", "Question {}: how right answers rise with the score in the others";
    distractors_alt: "Questão {}: quem marcou cada alternativa, do grupo mais fraco ao melhor", "Question {}: who chose each answer, from the weakest group to the best";
    blank_or_invalid: "Em branco ou sem valor", "Blank or not valid";
    groups: "Por unidade, sala e turma", "By unit, room and class";
    group: "Grupo", "Group";
    kind: "Tipo", "Kind";

    // What went wrong.
    fault_401: "É preciso entrar", "Please sign in";
    fault_401_do: "A sessão terminou, ou você ainda não entrou.", "Your session has ended, or you have not signed in.";
    fault_403: "Sem permissão", "Not allowed";
    fault_403_do: "Seu usuário não pode fazer isto. Peça à coordenação.", "Your user may not do this. Ask whoever administrates it.";
    fault_404: "Não encontramos isto", "There is no such thing";
    fault_404_do: "O endereço está errado, não é da sua escola, ou já foi apagado.", "The address is wrong, it is another school's, or it was deleted.";
    fault_409: "Não agora", "Not now";
    fault_409_do: "Ainda está em andamento, ou alguém mudou nesse meio-tempo. Volte e veja de novo.", "It is still under way, or somebody changed it in the meantime. Go back and look again.";
    fault_413: "Grande demais", "Too large";
    fault_413_do: "Divida o arquivo em partes e envie de novo.", "Split the file and send it again.";
    fault_422: "Falta algo, ou algo não vale", "Something is missing or not valid";
    fault_422_do: "Volte, confira o que foi preenchido e tente de novo.", "Go back, check what was filled in, and try again.";
    fault_500: "Falha nossa", "Our fault";
    fault_500_do: "Ficou registrada. Tente de novo; se persistir, informe o número do pedido.", "It was logged. Try again; if it persists, tell us the request's number.";
    fault_501: "Não instalado aqui", "Not installed here";
    fault_501_do: "Esta instalação não está configurada para isso.", "This installation is not configured for it.";
    fault_503: "Muita coisa ao mesmo tempo", "Too much at once";
    fault_503_do: "Espere alguns segundos e tente de novo.", "Wait a few seconds and try again.";
}

impl Words {
    pub fn outcomes(&self, name: &str) -> &'static str {
        match name {
            "read" => self.outcomes_read,
            "review" => self.outcomes_review,
            "unidentified" => self.outcomes_unidentified,
            "blank" => self.outcomes_blank,
            "foreign" => self.outcomes_foreign,
            _ => self.outcomes_error,
        }
    }

    /// What a kind of doubt asks.
    pub fn kind(&self, kind: &str) -> &'static str {
        match kind {
            "identidade" => self.ask_identity,
            "repetida" => self.ask_pair,
            _ => self.ask_page,
        }
    }

    /// What `upload.js` says.
    pub fn for_upload(&self) -> String {
        json(&json!({
            "photo": self.upload_photo,
            "remove": self.upload_remove,
            "not_a_scan": self.upload_not_a_scan,
            "empty": self.upload_empty,
            "too_large": self.upload_too_large,
            "unreadable": self.upload_unreadable,
            "refused": self.upload_refused,
            "busy": self.upload_busy,
            "offline": self.upload_offline,
            "so_far": self.upload_so_far,
            "kept": super::says::fill(self.upload_kept, &[self.upload_go]),
            "done": self.upload_done,
            "ready": self.upload_ready,
            "then": self.upload_then,
            "drop": self.upload_drop,
        }))
    }

    /// What `review.js` says.
    pub fn for_review(&self) -> String {
        json(&json!({
            "one_left": self.one_left,
            "many_left": self.many_left,
            "saving": self.saving,
            "saved": self.saved,
            "offline": self.offline,
            "changed": self.changed,
            "refused": self.upload_refused,
            "whole_page": self.whole_page,
        }))
    }
}

/// JSON inside a page: nothing in it can end the element that it stands in.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same() {
        for (name, pt, en) in ALL {
            assert!(!pt.trim().is_empty() && !en.trim().is_empty(), "{name} is empty");
            assert_eq!(pt.matches("{}").count(), en.matches("{}").count(), "{name} has other blanks in English");
        }
    }

    #[test]
    fn json_stays_in_its_element() {
        assert_eq!(json(&"</script>"), "\"\\u003c/script>\"");
    }
}
